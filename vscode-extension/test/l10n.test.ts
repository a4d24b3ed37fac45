import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";

const BUNDLES = fs
  .readdirSync("l10n")
  .map((name) => /^bundle\.l10n\.(.+)\.json$/.exec(name)?.[1])
  .filter((language) => language !== undefined);

/** Properties and calls with which a text reaches the student. */
const SHOWN = /^(placeHolder|openLabel|tooltip|title|invocationMessage|message)$/;
const SHOWING = /^(show(Information|Warning|Error)Message|setStatusBarMessage)$/;

interface Found {
  readonly said: Set<string>;
  readonly bare: string[];
}

function look(): Found {
  const found: Found = { said: new Set(), bare: [] };
  const files = ["src", "webview"].flatMap((folder) =>
    fs.readdirSync(folder).map((name) => path.join(folder, name)),
  );
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const text = fs.readFileSync(file, "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    source.forEachChild((node) => visit(node, found, source));
  }
  return found;
}

function visit(node: ts.Node, found: Found, source: ts.SourceFile): void {
  if (ts.isCallExpression(node)) {
    const called = node.expression.getText(source);
    const [first] = node.arguments;
    if (/^say$|(^|\.)l10n\.t$/.test(called) && first !== undefined) {
      if (ts.isStringLiteral(first)) found.said.add(first.text);
      else found.bare.push(`${source.fileName}: ${node.getText(source)} is no plain text`);
    }
    if (called === "element")
      for (const child of node.arguments.slice(2)) note(child, found, source);
    if (called === "button") note(first, found, source);
    if (SHOWING.test(called.split(".").at(-1) ?? "")) note(first, found, source);
  }
  if (ts.isPropertyAssignment(node) && SHOWN.test(node.name.getText(source))) {
    note(node.initializer, found, source);
  }
  if (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    ts.isPropertyAccessExpression(node.left) &&
    SHOWN.test(node.left.name.text)
  ) {
    note(node.right, found, source);
  }
  node.forEachChild((child) => visit(child, found, source));
}

/** A text with words in it that no language can have for itself. */
function note(node: ts.Expression | undefined, found: Found, source: ts.SourceFile): void {
  if (node === undefined) return;
  const words = ts.isStringLiteral(node)
    ? node.text
    : ts.isTemplateExpression(node)
      ? [node.head, ...node.templateSpans.map((span) => span.literal)].map((e) => e.text).join("")
      : "";
  const bare = words.replace(/\$\([^)]*\)/g, "").replaceAll("TinyTorch", "");
  if (/\p{L}{2}/u.test(bare)) found.bare.push(`${source.fileName}: ${node.getText(source)}`);
}

function bundle(language: string): Record<string, string> {
  return JSON.parse(fs.readFileSync(`l10n/bundle.l10n.${language}.json`, "utf8"));
}

function parts(text: string): string[] {
  return [...new Set(text.match(/\{\d+\}|`[^`]*`/g) ?? [])].sort();
}

describe("what the extension says", () => {
  const found = look();

  it("goes through l10n", () => {
    expect(found.bare).toEqual([]);
    expect(found.said.size).toBeGreaterThan(30);
  });

  it("is in the bundle of every language, and no more", () => {
    expect(BUNDLES).toContain("de");
    for (const language of BUNDLES) {
      const words = bundle(language);
      expect(Object.keys(words).sort()).toEqual([...found.said].sort());
      for (const [text, said] of Object.entries(words)) expect(parts(said)).toEqual(parts(text));
    }
  });
});

describe("what the package declares", () => {
  const manifest = JSON.parse(fs.readFileSync("package.json", "utf8")) as Record<string, unknown>;
  const table = (name: string) =>
    JSON.parse(fs.readFileSync(name, "utf8")) as Record<string, string>;
  const english = table("package.nls.json");

  it("is in package.nls.json, and nothing else is there", () => {
    const bare: string[] = [];
    const used = new Set<string>();
    declared([manifest["contributes"], manifest["capabilities"]], (text) => {
      const key = /^%(.+)%$/.exec(text)?.[1];
      if (key === undefined) bare.push(text);
      else used.add(key);
    });
    for (const name of ["displayName", "description"]) {
      used.add(String(manifest[name]).replaceAll("%", ""));
    }
    expect(bare).toEqual([]);
    expect(new Set(Object.keys(english))).toEqual(used);
  });

  it("is translated", () => {
    for (const language of BUNDLES) {
      expect(Object.keys(table(`package.nls.${language}.json`))).toEqual(Object.keys(english));
    }
  });
});

const TEXTS =
  /^(title|category|name|contextualTitle|label|contents|description|markdownDescription|displayName|userDescription)$/;
const NOT_SHOWN = new Set(["TinyTorch", "Completions"]);

/** Every text of the manifest that the editor shows; what only a model reads is English. */
function declared(value: unknown, tell: (text: string) => void, key = "", named = ""): void {
  if (Array.isArray(value)) {
    for (const item of value) declared(item, tell, key, named);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      if (name !== "inputSchema") declared(inner, tell, name, key);
    }
  } else if (typeof value === "string" && TEXTS.test(key) && !NOT_SHOWN.has(value)) {
    if (!(key === "name" && named === "languageModelTools")) tell(value);
  }
}
