// Packs .vsix files with the server inside, one a platform: node scripts/package.mjs [--all] [--server=PATH] [--out=DIR] [TARGET...]
// Without a target it is this machine's; with --server, with that binary in it. They land in out/, and are looked into.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { join, resolve } from "node:path";
import { faults } from "./vsix.mjs";

const targets = {
  "linux-x64": ["linux", "amd64"],
  "linux-arm64": ["linux", "arm64"],
  "darwin-x64": ["darwin", "amd64"],
  "darwin-arm64": ["darwin", "arm64"],
  "win32-x64": ["windows", "amd64"],
};
const own = `${platform()}-${arch()}`;
const args = process.argv.slice(2);
const option = (name) => args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const named = args.filter((a) => !a.startsWith("--"));
const wanted = args.includes("--all") ? Object.keys(targets) : named.length > 0 ? named : [own];

const server = option("server") && resolve(option("server"));
const out = option("out") && resolve(option("out"));
process.chdir(new URL("..", import.meta.url).pathname);
const run = (program, argv, options = {}) => execFileSync(program, argv, { stdio: ["ignore", "ignore", "inherit"], ...options });
const goBuild = (output, GOOS, GOARCH) => {
  const flags = process.env.LDFLAGS ? ["-ldflags", `-s -w ${process.env.LDFLAGS}`] : [];
  const env = { ...process.env, GOOS, GOARCH, CGO_ENABLED: "0" };
  run(process.env.GO ?? "go", ["build", "-trimpath", ...flags, "-o", resolve(output), "./cmd/mcp-server"], { cwd: "../..", env });
};

/** What goes into every .vsix. */
const content = ["package.json", "package.nls.json", "README.md", "LICENSE", "dist", "l10n", "media"];

copyFileSync("../../LICENSE", "LICENSE");
run(process.execPath, ["esbuild.mjs"]);
for (const target of wanted) {
  const pair = targets[target];
  if (!pair) throw new Error(`there is no target ${target}; there are ${Object.keys(targets).join(", ")}`);
  const [GOOS, GOARCH] = pair;
  const folder = out ?? "out";
  const stage = resolve(folder, `stage-${target}`);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(join(stage, "bin"), { recursive: true });
  for (const name of content) cpSync(name, join(stage, name), { recursive: true });
  const binary = join(stage, "bin", `mcp-server${GOOS === "windows" ? ".exe" : ""}`);
  if (server) copyFileSync(server, binary);
  else goBuild(binary, GOOS, GOARCH);
  const file = resolve(folder, `claude-sessions-${target}.vsix`);
  run(process.execPath, [resolve("node_modules/@vscode/vsce/vsce"), "package", "--no-dependencies", "--target", target, "--out", file], { cwd: stage });
  const wrong = await faults(file, target);
  if (wrong.length > 0) {
    rmSync(file);
    throw new Error(`${file}: ${wrong.join("; ")}`);
  }
  if (target === own && !out) {
    rmSync("bin", { recursive: true, force: true }); // one that runs cannot be written over
    cpSync(join(stage, "bin"), "bin", { recursive: true }); // for who runs the extension from its folder
  }
  rmSync(stage, { recursive: true });
  console.log(out ? file : `editor/vscode/out/claude-sessions-${target}.vsix`);
}
