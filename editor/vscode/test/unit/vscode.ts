// As much of VS Code as the unit tests need.

export class EventEmitter<T> {
  private readonly listeners = new Set<(e: T) => void>();
  event = (listen: (e: T) => void) => {
    this.listeners.add(listen);
    return { dispose: () => this.listeners.delete(listen) };
  };
  fire(e: T): void {
    for (const listen of this.listeners) listen(e);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export enum TreeItemCollapsibleState { None, Collapsed, Expanded }

export class TreeItem {
  constructor(public label: string, public collapsibleState = TreeItemCollapsibleState.None) {}
}

export class ThemeColor {
  constructor(public id: string) {}
}

export class ThemeIcon {
  static Folder = new ThemeIcon("folder");
  constructor(public id: string, public color?: ThemeColor) {}
}

export class MarkdownString {
  constructor(public value = "") {}
}

export const Uri = { from: (parts: object) => ({ ...parts, toString: () => JSON.stringify(parts) }), file: (path: string) => ({ fsPath: path, path }) };

export const l10n = { t: (message: string, ...args: unknown[]) => message.replace(/\{(\d+)\}/g, (_, n: string) => String(args[Number(n)])) };

const nothing = { dispose: () => {} };

/** What was asked of VS Code. */
export const seen: { command: string; args: unknown[] }[] = [];

/** The commands that were registered. */
export const registered = new Map<string, (...args: unknown[]) => Promise<void>>();

/** What people were told. */
export const told: string[] = [];

export const commands = {
  registerCommand: (command: string, run: (...args: unknown[]) => Promise<void>) => {
    registered.set(command, run);
    return nothing;
  },
  executeCommand: async (command: string, ...args: unknown[]) => void seen.push({ command, args }),
};

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined as { uri: { fsPath: string } }[] | undefined,
  onDidChangeWorkspaceFolders: () => nothing,
};

/** The boxes that were made. */
export const boxes: QuickPick[] = [];

export class QuickPick {
  private readonly hidden = new EventEmitter<void>();
  private readonly changed = new EventEmitter<string>();
  onDidHide = this.hidden.event;
  onDidAccept = () => nothing;
  onDidChangeValue = this.changed.event;
  items: { label: string }[] = [];
  disposed = false;
  type(value: string): void {
    this.changed.fire(value);
  }
  show(): void {}
  hide(): void {
    this.hidden.fire();
  }
  dispose(): void {
    this.disposed = true;
  }
}

export const window = {
  showInformationMessage: (message: string) => void told.push(message),
  createQuickPick: () => {
    const box = new QuickPick();
    boxes.push(box);
    return box;
  },
  createTreeView: () => ({ visible: true, onDidChangeVisibility: () => nothing, selection: [], reveal: async () => {}, dispose: () => {} }),
  registerFileDecorationProvider: () => nothing,
};
