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

const LOOK = "import sys; print(*sys.version_info[:3], sep='.'); import venv, ensurepip";
const OLDEST = [3, 10] as const;
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python", "py"];

/** The first Python on the PATH that can make an environment for the course. Rejects with a line for the student. */
export async function findBase(names: readonly string[] = NAMES): Promise<string> {
  let old: string | undefined;
  let bare: string | undefined;
  for (const name of names) {
    const { ok, output } = await run(name, ["-I", "-c", LOOK]);
    const version = /^3\.\d+\.\d+$/m.exec(output)?.[0];
    if (version === undefined) continue;
    if (!isNewEnough(version)) old ??= version;
    else if (!ok) bare ??= version;
    else return name;
  }
  const advice = installAdvice(process.platform);
  if (bare !== undefined) {
    throw new Error(
      l10n.t("Python {0} can't make environments. Try “{1}”, then try again.", bare, advice),
    );
  }
  if (old !== undefined) {
    throw new Error(
      l10n.t(
        "Python {0} is too old: the course needs 3.10 or newer. Install one from python.org, or with “{1}”, then try again.",
        old,
        advice,
      ),
    );
  }
  throw new Error(
    l10n.t("Python 3.10 or newer is missing. Install it with “{0}”, then try again.", advice),
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
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

const HASTE: readonly string[] = ["--retries", "2", "--timeout", "10"]; // else no network is said after minutes
const NO_NETWORK = /connection broken|NewConnectionError|ConnectTimeout|ProxyError|name resolution/;

/** What pip said, as a line for the student. */
function whyNotInstalled(output: string): string {
  if (NO_NETWORK.test(output)) {
    return l10n.t(
      "The course's packages can't be fetched: pypi.org can't be reached. Look at the connection, then try again.",
    );
  }
  const errors = output.split("\n").filter((line) => line.startsWith("ERROR:"));
  return l10n.t("The course can't be installed: {0}", errors.at(-1) ?? last(output));
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
    report(l10n.t("making a Python environment"));
    await this.writing(() => fs.mkdir(this.folder, { recursive: true }));
    const venv = [...ISOLATED, "-m", "venv", "--clear", this.folder];
    const made = await run(base, venv, { signal });
    if (!made.ok) {
      throw new Error(l10n.t("Python can't make an environment. It said: {0}", last(made.output)));
    }
    report(l10n.t("installing the course and NumPy (a minute or two)"));
    const pip = [...ISOLATED, "-m", "pip", "install", "--disable-pip-version-check", ...HASTE];
    const installed = await run(this.python, [...pip, wheel], { signal });
    if (!installed.ok) throw new Error(whyNotInstalled(installed.output));
    const stamp = await this.stamp();
    await this.writing(() => fs.writeFile(this.stampFile, stamp));
  }

  /** Do what writes here. Rejects with a line for the student. */
  private async writing(change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      throw new Error(
        l10n.t(
          "{0} can't be written, and the course's Python has its place there. It said: {1}",
          this.folder,
          error instanceof Error ? error.message : String(error),
        ),
      );
    }
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
