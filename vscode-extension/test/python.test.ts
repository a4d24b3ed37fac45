import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
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
    expect(base).toBeDefined();
    expect(
      (await run(base ?? "", ["-c", "import sys; assert sys.version_info >= (3, 10)"])).ok,
    ).toBe(true);
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

describe("what is started", () => {
  it("is not shadowed by files of the folder it is started for, nor by the environment", async () => {
    await writeFile(join(folder, "random.py"), "raise RuntimeError('a stranger')\n");
    process.env["PYTHONPATH"] = folder;
    try {
      const python = (await findBase()) ?? "";
      const ran = await run(python, [...ISOLATED, "-c", "import random"], { cwd: folder });
      expect(ran).toEqual({ ok: true, output: "" });
    } finally {
      delete process.env["PYTHONPATH"];
    }
  });

  it("runs in a folder of the editor's own", async () => {
    const python = (await findBase()) ?? "";
    const ran = await run(python, [...ISOLATED, "-c", "import os; print(os.getcwd())"]);
    expect(ran.output).toBe(WORKING_FOLDER);
  });
});
