/** The colours that the editor's theme gives to code: a webview is told only those of the window. */

import { parse } from "jsonc-parser";
import * as vscode from "vscode";

interface Rule {
  readonly scope?: string | readonly string[];
  readonly settings?: { readonly foreground?: string };
}

interface Theme {
  readonly include?: string;
  readonly tokenColors?: readonly Rule[] | string;
}

/** What the lesson colours, and the scopes by which themes name it, the best first. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  keyword: ["keyword.control.flow.python", "keyword"],
  string: ["string.quoted.double.python", "string"],
  number: ["constant.numeric"],
  comment: ["comment.line"],
  function: ["entity.name.function.python"],
  type: ["entity.name.type.class.python", "support.type"],
};

/** The colour of each; "" where the theme has none. */
export async function tokenColours(): Promise<Record<string, string>> {
  const file = themeFile(themeName());
  const rules = file === undefined ? [] : await rulesOf(file);
  const found = Object.entries(SCOPES).map(([name, scopes]) => [
    name,
    colourOf(rules, scopes) ?? "",
  ]);
  return Object.fromEntries(found);
}

/** The colour of the first scope that a rule is about; of several rules the nearest, the last. */
export function colourOf(rules: readonly Rule[], scopes: readonly string[]): string | undefined {
  for (const scope of scopes) {
    let best: { length: number; colour: string } | undefined;
    for (const { scope: named, settings } of rules) {
      const colour = settings?.foreground;
      if (colour === undefined) continue;
      for (const each of scopesIn(named)) {
        const about = scope === each || scope.startsWith(`${each}.`);
        if (about && each.length >= (best?.length ?? 0)) best = { length: each.length, colour };
      }
    }
    if (best !== undefined) return best.colour;
  }
  return undefined;
}

function scopesIn(scope: string | readonly string[] | undefined): string[] {
  const named = typeof scope === "string" ? scope.split(",") : (scope ?? []);
  return named.map((each) => each.trim()).filter((each) => each !== "" && !each.includes(" "));
}

/** Whether a change of the settings may be one of the theme. */
export function namesTheme(change: vscode.ConfigurationChangeEvent): boolean {
  return ["workbench", "window.autoDetectColorScheme"].some((section) =>
    change.affectsConfiguration(section),
  );
}

/** The theme that is used now, which may be the system's choice of two. */
function themeName(): string | undefined {
  const settings = vscode.workspace.getConfiguration();
  if (!settings.get("window.autoDetectColorScheme", false))
    return settings.get("workbench.colorTheme");
  const { Dark, HighContrast, HighContrastLight } = vscode.ColorThemeKind;
  const names = new Map([
    [Dark, "workbench.preferredDarkColorTheme"],
    [HighContrast, "workbench.preferredHighContrastColorTheme"],
    [HighContrastLight, "workbench.preferredHighContrastLightColorTheme"],
  ]);
  const { kind } = vscode.window.activeColorTheme;
  return settings.get(names.get(kind) ?? "workbench.preferredLightColorTheme");
}

function themeFile(name: string | undefined): vscode.Uri | undefined {
  for (const { extensionUri, packageJSON } of vscode.extensions.all) {
    for (const { id, label, path } of packageJSON?.contributes?.themes ?? []) {
      if (name === (id ?? label) || name === label) return vscode.Uri.joinPath(extensionUri, path);
    }
  }
  return undefined;
}

async function rulesOf(file: vscode.Uri): Promise<Rule[]> {
  try {
    const bytes = await vscode.workspace.fs.readFile(file);
    const theme: Theme = parse(new TextDecoder().decode(bytes));
    const { include, tokenColors } = theme;
    const below =
      include === undefined ? [] : await rulesOf(vscode.Uri.joinPath(file, "..", include));
    return [...below, ...(typeof tokenColors === "string" ? [] : (tokenColors ?? []))];
  } catch {
    return []; // the view has colours of its own
  }
}
