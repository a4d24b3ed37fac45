// Runs one of these scripts with a Python that is new enough: node scripts/python.mjs start.py
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const names = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python", "py"];
const check = "import sys; sys.exit(sys.version_info < (3, 10))";
const python = names.find((name) => spawnSync(name, ["-c", check]).status === 0);

if (python === undefined) {
  const advice = {
    darwin: "brew install python@3.12",
    win32: "winget install Python.Python.3.12",
  }[process.platform];
  console.error("tinytorch: Python 3.10 or newer is missing. Install it with:");
  console.error(`  ${advice ?? "sudo apt-get install python3"}`);
  process.exit(2);
}

const here = path.dirname(fileURLToPath(import.meta.url));
const [script, ...rest] = process.argv.slice(2);
const child = spawn(python, [path.join(here, script), ...rest], { stdio: "inherit" });
process.on("SIGINT", () => undefined); // a terminal sends it to the script as well
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (status) => process.exit(status ?? 1));
