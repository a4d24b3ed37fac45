import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findBase,
  hasCourse,
  ISOLATED,
  installAdvice,
  OwnEnvironment,
  run,
  WORKING_FOLDER,
} from "../src/python";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tinytorch-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("interpreters", () => {
  it("finds a Python that is new enough", async () => {
    const base = await findBase();
    expect((await run(base, ["-c", "import sys; assert sys.version_info >= (3, 10)"])).ok).toBe(
      true,
    );
  });

  it("says what a program said when it fails", async () => {
    const ran = await run("no-such-program", []);
    expect(ran.ok).toBe(false);
    expect(ran.output).toContain("ENOENT");
  });

  it("does not take a Python without the course", async () => {
    await writeFile(join(folder, "python"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    expect(await hasCourse(join(folder, "python"))).toBe(false);
  });

  it("says which Python is too old, and takes a newer one beside it", async () => {
    const old = await python("old", "echo 3.9.18");
    await expect(findBase([old])).rejects.toThrow(
      /^Python 3\.9\.18 is too old: .* 3\.10 or newer\..*try again\.$/,
    );
    const two = await python("two", "echo 2.7.18; exit 1"); // `import venv` fails there too
    await expect(findBase([two])).rejects.toThrow("3.10 or newer is missing");
    const fit = await python("fit", "echo 3.10.1");
    expect(await findBase([two, old, fit])).toBe(fit);
  });

  it("says that a Python has no venv module, and takes one that has it", async () => {
    const bare = await python("bare", "echo 3.11.2; echo 'No module named ensurepip' >&2; exit 1");
    await expect(findBase([bare])).rejects.toThrow(
      /^Python 3\.11\.2 can't make environments\. Try “/,
    );
    const fit = await python("fit", "echo 3.12.0");
    expect(await findBase([bare, fit])).toBe(fit);
  });

  it("says that there is none", async () => {
    await expect(findBase(["no-such-python"])).rejects.toThrow("3.10 or newer is missing");
  });

  it("names the command that installs Python on each system", () => {
    expect(installAdvice("darwin")).toContain("brew");
    expect(installAdvice("win32")).toContain("winget");
    expect(installAdvice("linux")).toContain("apt-get");
  });

  it("has no environment before it is made, and names a missing wheel", async () => {
    const own = new OwnEnvironment(join(folder, "env"), join(folder, "wheels"));
    expect(await own.ready()).toBe(false);
    await expect(own.make(() => undefined, new AbortController().signal)).rejects.toThrow(
      "carries no course",
    );
  });
});

describe("an environment that can't be made says why in one line", () => {
  const never = () => new AbortController().signal;

  /** The environment, from a wheel that needs NumPy. */
  async function environment(place: string): Promise<OwnEnvironment> {
    const wheels = join(folder, "wheels");
    await mkdir(wheels);
    const made = await run(await findBase(), ["-c", WHEEL, wheels]);
    expect(made).toEqual({ ok: true, output: "" });
    return new OwnEnvironment(place, wheels);
  }

  it("without a network", { timeout: 120_000 }, async () => {
    const own = await environment(join(folder, "env"));
    const nobody = "http://127.0.0.1:9/simple";
    const offline = { PIP_INDEX_URL: nobody, PIP_EXTRA_INDEX_URL: nobody, PIP_FIND_LINKS: "" };
    const before = { ...process.env };
    Object.assign(process.env, offline, { PIP_CONFIG_FILE: devNull });
    try {
      await expect(own.make(() => undefined, never())).rejects.toThrow(
        /^The course's packages can't be fetched: .* try again\.$/,
      );
    } finally {
      process.env = before;
    }
    expect(await own.ready()).toBe(false);
  });

  it("where nothing can be written", async () => {
    await writeFile(join(folder, "file"), "");
    const own = await environment(join(folder, "file", "env"));
    await expect(own.make(() => undefined, never())).rejects.toThrow(
      /env can't be written, .* It said: ENOTDIR/,
    );
  });

  it("once it is cancelled", { timeout: 120_000 }, async () => {
    const own = await environment(join(folder, "env"));
    const stop = new AbortController();
    await expect(own.make(() => stop.abort(), stop.signal)).rejects.toThrow();
    expect(await own.ready()).toBe(false);
  });
});

/** A wheel of nothing that wants NumPy. */
const WHEEL = `
import sys, zipfile
info = "tinytorch-1.dist-info"
with zipfile.ZipFile(sys.argv[1] + "/tinytorch-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: tinytorch\\nVersion: 1\\nRequires-Dist: numpy\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

/** A program that passes for a Python. */
async function python(name: string, script: string): Promise<string> {
  const place = join(folder, name);
  await writeFile(place, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return place;
}

describe("what is started", () => {
  it("is not shadowed by files of the folder it is started for, nor by the environment", async () => {
    await writeFile(join(folder, "random.py"), "raise RuntimeError('a stranger')\n");
    process.env["PYTHONPATH"] = folder;
    try {
      const python = await findBase();
      const ran = await run(python, [...ISOLATED, "-c", "import random"], { cwd: folder });
      expect(ran).toEqual({ ok: true, output: "" });
    } finally {
      delete process.env["PYTHONPATH"];
    }
  });

  it("runs in a folder of the editor's own", async () => {
    const python = await findBase();
    const ran = await run(python, [...ISOLATED, "-c", "import os; print(os.getcwd())"]);
    expect(ran.output).toBe(WORKING_FOLDER);
  });
});
