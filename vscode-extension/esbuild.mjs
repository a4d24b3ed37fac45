// Bundles the extension into one file: small for the package; with --watch again at each change,
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

const options = {
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: !watch,
  sourcemap: watch,
  logLevel: watch ? "silent" : "warning",
  plugins: watch ? [progress] : [],
};

if (watch) await (await context(options)).watch();
else await build(options);
