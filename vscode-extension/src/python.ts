/** Finds and makes Python interpreters; of the editor it knows the language. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { l10n } from "vscode";

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

/** What every Python of ours is started with: nothing of a student's folder or environment shadows a module. */
export const ISOLATED: readonly string[] = ["-I", "-X", "utf8"];

/** Where programs of ours run: the editor's own folder, in which no stranger can put a file. */
export const WORKING_FOLDER = path.dirname(process.execPath);

/** Run a program to its end, or until the signal stops it. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; signal?: AbortSignal } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const settings = { cwd: WORKING_FOLDER, ...options, maxBuffer: 1 << 24 };
    execFile(program, [...args], settings, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      resolve({ ok: error === null, output: output || String(error ?? "") });
    });
  });
}

/** Whether an interpreter can serve the course. */
export async function hasCourse(python: string): Promise<boolean> {
  return (await run(python, [...ISOLATED, "-c", "import tinytorch_ls, pygls, debugpy"])).ok;
}

const MINIMUM = "import sys; sys.exit(sys.version_info < (3, 10))";
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python", "py"];

/** The first Python of 3.10 or newer on the PATH. */
export async function findBase(): Promise<string | undefined> {
  for (const name of NAMES) {
    if ((await run(name, ["-I", "-c", MINIMUM])).ok) return name;
  }
  return undefined;
}

/** How to get a Python, in one line. */
export function installAdvice(platform: NodeJS.Platform): string {
  switch (platform) {
    case "darwin":
      return "brew install python@3.12";
    case "win32":
      return "winget install Python.Python.3.12";
    default:
      return "sudo apt-get install python3 python3-venv";
  }
}

/** An environment of the extension's own, made from the wheel that it carries. */
export class OwnEnvironment {
  constructor(
    private readonly folder: string,
    private readonly wheels: string,
  ) {}

  get python(): string {
    const [place, name] =
      process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
    return path.join(this.folder, place, name);
  }

  /** Whether it is there and has the course of this very wheel. */
  async ready(): Promise<boolean> {
    if (!existsSync(this.python)) return false;
    const stamp = await fs.readFile(this.stampFile, "utf8").catch(() => "");
    return stamp === (await this.stamp());
  }

  /** Make it anew. Rejects with a line for the student. */
  async make(report: (message: string) => void, signal: AbortSignal): Promise<void> {
    const wheel = await this.wheel();
    if (wheel === undefined)
      throw new Error(l10n.t("The extension carries no course; install it again."));
    const base = await findBase();
    if (base === undefined) {
      const advice = installAdvice(process.platform);
      throw new Error(
        l10n.t("Python 3.10 or newer is missing. Install it with `{0}`, then try again.", advice),
      );
    }
    report(l10n.t("making a Python environment"));
    const made = await run(base, [...ISOLATED, "-m", "venv", "--clear", this.folder], {
      signal,
    });
    if (!made.ok) {
      const advice = installAdvice(process.platform);
      throw new Error(
        l10n.t(
          "Python can't make an environment. Try `{0}`. It said: {1}",
          advice,
          last(made.output),
        ),
      );
    }
    report(l10n.t("installing the course and NumPy (a minute or two)"));
    const pip = [...ISOLATED, "-m", "pip", "install", "--disable-pip-version-check", wheel];
    const installed = await run(this.python, pip, { signal });
    if (!installed.ok) {
      throw new Error(l10n.t("The course can't be installed: {0}", last(installed.output)));
    }
    await fs.writeFile(this.stampFile, await this.stamp());
  }

  private get stampFile(): string {
    return path.join(this.folder, "tinytorch-wheel");
  }

  private async wheel(): Promise<string | undefined> {
    const names = await fs.readdir(this.wheels).catch(() => []);
    const name = names.find((each) => each.endsWith(".whl"));
    return name === undefined ? undefined : path.join(this.wheels, name);
  }

  private async stamp(): Promise<string> {
    const wheel = await this.wheel();
    if (wheel === undefined) return "";
    const { size, mtimeMs } = await fs.stat(wheel);
    return `${path.basename(wheel)} ${size} ${Math.round(mtimeMs)}`;
  }
}

function last(output: string): string {
  return output.split("\n").filter(Boolean).at(-1) ?? "";
}
