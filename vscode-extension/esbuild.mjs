// Bundles the extension into one file and its lesson view into another: small for the package; with --watch again at each change,
// with a source map for the debugger.
import { build, context } from "esbuild";

const watch = process.argv.includes("--watch");

/** Says when a build begins and ends, and where it failed, as .vscode/tasks.json reads it. */
const progress = {
  name: "progress",
  setup({ onStart, onEnd }) {
    onStart(() => console.log("[watch] build started"));
    onEnd(({ errors }) => {
      for (const { text, location } of errors) {
        const place = location ? `${location.file}:${location.line}:${location.column}: ` : "";
        console.error(`✘ [ERROR] ${place}${text}`);
      }
      console.log("[watch] build finished");
    });
  },
};

const common = {
  bundle: true,
  minify: !watch,
  sourcemap: watch,
  logLevel: watch ? "silent" : "warning",
  plugins: watch ? [progress] : [],
};

const extension = {
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  mainFields: ["module", "main"], // jsonc-parser's other form can't be bundled
};

/** What runs in the lesson view, with the fonts of its formulas: woff2 is read by every browser of VS Code's. */
const view = {
  ...common,
  entryPoints: { lesson: "webview/lesson.ts" },
  outdir: "dist",
  platform: "browser",
  target: "es2022",
  format: "iife",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty" },
};

for (const options of [extension, view]) {
  if (watch) await (await context(options)).watch();
  else await build(options);
}
