// Writes the repetitive parts of package.json (commands, menus, views, settings) from one table,
// so that a command cannot be in a menu without having a title. Run it after editing: npm run manifest.
import { readFileSync, writeFileSync } from "node:fs";

const prefix = "claudeSessions.";
const file = new URL("../package.json", import.meta.url);
const manifest = JSON.parse(readFileSync(file, "utf8"));

const session = "view =~ /^claudeSessions\\.(sessions|running)$/ && viewItem =~ /^session/";
const has = (flag) => `view =~ /^claudeSessions\\.(sessions|running)$/ && viewItem =~ /\\b${flag}\\b/`;
const request = (kind) => `view == claudeSessions.waiting && viewItem =~ /^request\\.${kind}/`;
const title = (view) => `view == claudeSessions.${view}`;
const ready = "claudeSessions.state == ready";

// id, icon, where it stands: [menu, group, when]; palette: false hides it there.
const commands = [
  ["start", "add", [["view/title", "navigation@1", title("sessions")]]],
  ["filter", "filter", [["view/title", "navigation@2", `${title("sessions")} && !claudeSessions.filtered`]]],
  ["clearFilter", "filter-filled", [["view/title", "navigation@2", `${title("sessions")} && claudeSessions.filtered`]]],
  ["refresh", "refresh", [["view/title", "navigation@3", title("sessions")]]],
  ["groupByFolder", "list-tree", [["view/title", "1_view@1", `${title("sessions")} && !claudeSessions.byFolder`]]],
  ["groupByRecency", "history", [["view/title", "1_view@1", `${title("sessions")} && claudeSessions.byFolder`]]],
  ["thisWorkspace", undefined, [["view/title", "1_view@2", `${title("sessions")} && !claudeSessions.workspaceOnly`]]],
  ["allFolders", undefined, [["view/title", "1_view@2", `${title("sessions")} && claudeSessions.workspaceOnly`]]],
  ["showArchived", undefined, [["view/title", "1_view@3", `${title("sessions")} && !claudeSessions.archivedShown`]]],
  ["hideArchived", undefined, [["view/title", "1_view@3", `${title("sessions")} && claudeSessions.archivedShown`]]],
  ["showMore", undefined, [], false],
  ["openTranscript", "comment-discussion", [["view/item/context", "0_open@1", session]]],
  ["resume", "play", [["view/item/context", "inline@2", `${has("free")} && view == claudeSessions.sessions`], ["view/item/context", "1_run@1", session]]],
  ["fork", "repo-forked", [["view/item/context", "inline@3", `${session} && view == claudeSessions.sessions`], ["view/item/context", "1_run@2", session]]],
  ["interrupt", "debug-stop", [["view/item/context", "inline@1", has("busy")], ["view/item/context", "1_run@3", has("busy")]]],
  ["rename", undefined, [["view/item/context", "2_edit@1", session]]],
  ["editTags", undefined, [["view/item/context", "2_edit@2", session]]],
  ["editNote", undefined, [["view/item/context", "2_edit@3", session]]],
  ["archive", undefined, [["view/item/context", "2_edit@4", has("kept")]]],
  ["unarchive", undefined, [["view/item/context", "2_edit@4", has("archived")]]],
  ["openFolder", undefined, [["view/item/context", "3_go@1", session]]],
  ["openTerminal", undefined, [["view/item/context", "3_go@2", session]]],
  ["copyId", undefined, [["view/item/context", "4_copy@1", session]]],
  ["export", undefined, [["view/item/context", "4_copy@2", session]]],
  ["delete", undefined, [["view/item/context", "9_danger@1", session]]],
  ["allow", "check", [["view/item/context", "inline@1", request("permission")]]],
  ["allowAlways", "check-all", [["view/item/context", "inline@2", request("permission.always")]]],
  ["deny", "close", [["view/item/context", "inline@3", "view == claudeSessions.waiting && viewItem =~ /^request/"]]],
  ["answer", "comment", [["view/item/context", "inline@1", request("question")]]],
  ["showRequest", undefined, [], false],
  ["search", "search", [["view/title", "navigation@4", title("sessions")]]],
  ["doctor", undefined, []],
  ["login", undefined, []],
  ["installClaude", undefined, []],
  ["chooseServer", undefined, []],
  ["restartServer", undefined, []],
  ["walkthrough", undefined, []],
];

const camel = (id) => `command.${id}`;
manifest.activationEvents = ["onWebviewPanel:claudeSessions.transcript"];
manifest.capabilities = {
  untrustedWorkspaces: {
    supported: "limited",
    description: "%untrusted%",
    restrictedConfigurations: ["claudeSessions.serverPath", "claudeSessions.claudePath", "claudeSessions.dataDir", "claudeSessions.serverArgs"],
  },
  virtualWorkspaces: false,
};
const palette = commands.filter((c) => c[3] === false).map(([id]) => ({ command: prefix + id, when: "false" }));
const menus = { commandPalette: palette };
for (const [id, , places] of commands) {
  for (const [menu, group, when] of places) (menus[menu] ??= []).push({ command: prefix + id, group, when });
}
manifest.contributes = {
  commands: commands.map(([id, icon]) => ({
    command: prefix + id,
    title: `%${camel(id)}%`,
    category: "Claude Sessions",
    ...(icon && { icon: `$(${icon})` }),
  })),
  menus,
  keybindings: [
    { command: prefix + "rename", key: "f2", when: "focusedView == claudeSessions.sessions" },
    { command: prefix + "delete", key: "delete", when: "focusedView == claudeSessions.sessions" },
    { command: prefix + "filter", key: "ctrl+alt+f", mac: "cmd+alt+f", when: "focusedView == claudeSessions.sessions" },
  ],
  viewsContainers: { activitybar: [{ id: "claude-sessions", title: "Claude Sessions", icon: "media/sessions.svg" }] },
  views: {
    "claude-sessions": [
      { id: prefix + "sessions", name: "%view.sessions%", icon: "media/sessions.svg", contextualTitle: "Claude Sessions" },
      { id: prefix + "waiting", name: "%view.waiting%", icon: "$(bell)", contextualTitle: "Claude Sessions", initialSize: 1 },
      { id: prefix + "running", name: "%view.running%", icon: "$(play)", contextualTitle: "Claude Sessions", initialSize: 1 },
    ],
  },
  viewsWelcome: [
    { view: prefix + "sessions", contents: "%welcome.untrusted%", when: "!isWorkspaceTrusted" },
    { view: prefix + "sessions", contents: "%welcome.starting%", when: "isWorkspaceTrusted && claudeSessions.state == starting" },
    { view: prefix + "sessions", contents: "%welcome.empty%", when: `${ready} && !claudeSessions.filtered && !claudeSessions.noClaude && !claudeSessions.noLogin` },
    { view: prefix + "sessions", contents: "%welcome.filtered%", when: `${ready} && claudeSessions.filtered` },
    { view: prefix + "sessions", contents: "%welcome.server%", when: "claudeSessions.state == noServer" },
    { view: prefix + "sessions", contents: "%welcome.failed%", when: "claudeSessions.state == failed" },
    { view: prefix + "sessions", contents: "%welcome.claude%", when: "claudeSessions.noClaude" },
    { view: prefix + "sessions", contents: "%welcome.login%", when: "claudeSessions.noLogin" },
    { view: prefix + "waiting", contents: "%welcome.waiting%", when: ready },
    { view: prefix + "running", contents: "%welcome.running%", when: ready },
  ],
  walkthroughs: [
    {
      id: "firstMinute",
      title: "%walk.title%",
      description: "%walk.description%",
      steps: ["check", "start", "fork", "answer"].map((id) => ({
        id,
        title: `%walk.${id}.title%`,
        description: `%walk.${id}.description%`,
        media: { markdown: `media/walk-${id}.md` },
        completionEvents: { check: ["onCommand:claudeSessions.doctor"], start: ["onCommand:claudeSessions.start"], fork: ["onCommand:claudeSessions.fork"], answer: ["onView:claudeSessions.waiting"] }[id],
      })),
    },
  ],
  mcpServerDefinitionProviders: [{ id: "claudeSessions", label: "Claude Sessions" }],
  configuration: {
    title: "Claude Sessions",
    properties: {
      [prefix + "serverPath"]: { type: "string", default: "", scope: "machine", markdownDescription: "%config.serverPath%" },
      [prefix + "claudePath"]: { type: "string", default: "", scope: "machine", markdownDescription: "%config.claudePath%" },
      [prefix + "dataDir"]: { type: "string", default: "", scope: "machine", markdownDescription: "%config.dataDir%" },
      [prefix + "serverArgs"]: { type: "array", items: { type: "string" }, default: [], scope: "machine", markdownDescription: "%config.serverArgs%" },
      [prefix + "notifications"]: { type: "boolean", default: true, scope: "window", markdownDescription: "%config.notifications%" },
    },
  },
};
manifest.scripts.manifest = "node scripts/manifest.mjs";
writeFileSync(file, JSON.stringify(manifest, null, 2) + "\n");
