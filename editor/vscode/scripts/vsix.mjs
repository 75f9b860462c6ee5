// Looks into a packed .vsix: that the server in it is one for its platform and can be run, that nothing is in it that
// nobody needs there, and that it is of a bearable size.
import { statSync } from "node:fs";
import yauzl from "yauzl";

const mostBytes = 20 << 20;
const needed = ["package.json", "package.nls.json", "readme.md", "LICENSE.txt", "dist/extension.js", "dist/transcript.js", "dist/transcript.css", "l10n/bundle.l10n.json", "media/icon.png"];
const allowed = /^(package\.json|package\.nls(\.[\w-]+)?\.json|readme\.md|changelog\.md|LICENSE\.txt|dist\/[\w.]+\.(js|css)|l10n\/[\w.-]+\.json|media\/[\w-]+\.(png|svg|md))$/;

/** The platform, in VS Code's words, that a program is for by its first bytes; undefined: none of ours. */
export function platformOf(program) {
  const magic = program.readUInt32LE(0);
  if (magic === 0x464c457f) return { 0x3e: "linux-x64", 0xb7: "linux-arm64" }[program.readUInt16LE(18)];
  if (magic === 0xfeedfacf) return { 0x01000007: "darwin-x64", 0x0100000c: "darwin-arm64" }[program.readUInt32LE(4)];
  if ((magic & 0xffff) === 0x5a4d) return { 0x8664: "win32-x64" }[program.readUInt16LE(program.readUInt32LE(0x3c) + 4)];
  return undefined;
}

/** What is wrong with a .vsix for a platform, a sentence each. */
export async function faults(file, target) {
  const found = [];
  const server = `bin/mcp-server${target.startsWith("win32") ? ".exe" : ""}`;
  const names = new Set();
  const zip = await yauzl.openPromise(file);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName === "extension.vsixmanifest") {
      const text = (await bytes(zip, entry)).toString();
      if (!text.includes(`TargetPlatform="${target}"`)) found.push("its manifest names another platform");
    }
    if (!entry.fileName.startsWith("extension/")) continue;
    const name = entry.fileName.slice("extension/".length);
    names.add(name);
    if (name !== server) {
      if (!allowed.test(name)) found.push(`${name} does not belong in it`);
      continue;
    }
    const platform = platformOf(await bytes(zip, entry, 4096));
    if (platform !== target) found.push(`its server is for ${platform ?? "no platform of ours"}`);
    if (!target.startsWith("win32") && ((entry.externalFileAttributes >>> 16) & 0o111) === 0) found.push("its server cannot be run");
  }
  for (const name of [server, ...needed]) if (!names.has(name)) found.push(`${name} is missing`);
  const { size } = statSync(file);
  if (size > mostBytes) found.push(`it has ${size} bytes, more than ${mostBytes}`);
  return found;
}

/** The first bytes of a file in a zip; all of them without most. */
async function bytes(zip, entry, most = Infinity) {
  const chunks = [];
  let length = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    chunks.push(chunk);
    if ((length += chunk.length) >= most) break;
  }
  return Buffer.concat(chunks);
}
