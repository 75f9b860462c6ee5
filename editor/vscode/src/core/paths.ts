// Absolute paths that may have been recorded on another system: each by the rules of its own kind.

/** A path begins with a drive or names a share. */
export const isWindows = (path: string): boolean => /^([a-z]:([\\/]|$)|\\\\)/i.test(path);

/** The last part of a path. */
export const folderName = (path: string): string => path.split(isWindows(path) ? /[\\/]/ : "/").filter(Boolean).at(-1) ?? path;

/** Windows paths are equal whatever the case of their letters; separators at the end do not count. */
const comparable = (path: string): string => (isWindows(path) ? path.replace(/\\/g, "/").toLowerCase() : path).replace(/\/+$/, "");

/** A path is a folder or lies below it. */
export function below(path: string, folder: string): boolean {
  if (isWindows(path) !== isWindows(folder)) return false;
  return `${comparable(path)}/`.startsWith(`${comparable(folder)}/`);
}
