import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { faults, platformOf } = (await import(new URL("../../scripts/vsix.mjs", import.meta.url).href)) as {
  faults: (file: string, target: string) => Promise<string[]>;
  platformOf: (program: Buffer) => string | undefined;
};

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "csp-"))));
afterEach(() => rmSync(dir, { recursive: true }));

/** The beginning of a program for 64-bit Windows. */
function windows(): Buffer {
  const program = Buffer.alloc(0x100);
  program.write("MZ");
  program.writeUInt32LE(0x80, 0x3c);
  program.write("PE\0\0", 0x80);
  program.writeUInt16LE(0x8664, 0x84);
  return program;
}

const pack = (server: string, target: string) => promisify(execFile)(process.execPath, ["scripts/package.mjs", `--server=${server}`, `--out=${dir}`, target], { cwd: root });

test("a foreign platform is packed with its own server, and nothing that it does not need", async () => {
  const server = join(dir, "server");
  writeFileSync(server, windows());
  await pack(server, "win32-x64");
  const file = join(dir, "claude-sessions-win32-x64.vsix");
  expect(await faults(file, "win32-x64")).toEqual([]);
  expect(await faults(file, "linux-arm64")).toEqual(["its manifest names another platform", "bin/mcp-server.exe does not belong in it", "bin/mcp-server is missing"]);
});

test("a server of another platform is not packed", async () => {
  const server = join(dir, "server");
  const elf = Buffer.alloc(64);
  elf.writeUInt32LE(0x464c457f);
  elf.writeUInt16LE(0x3e, 18);
  writeFileSync(server, elf);
  await expect(pack(server, "win32-x64")).rejects.toThrow("its server is for linux-x64");
  expect(readdirSync(dir).filter((name) => name.endsWith(".vsix"))).toEqual([]);
});

test("programs are known by their first bytes", () => {
  expect(platformOf(windows())).toBe("win32-x64");
  const mac = Buffer.alloc(32);
  mac.writeUInt32LE(0xfeedfacf);
  mac.writeUInt32LE(0x0100000c, 4);
  expect(platformOf(mac)).toBe("darwin-arm64");
  expect(platformOf(Buffer.from("#!/bin/sh\nexec true\n"))).toBeUndefined();
});
