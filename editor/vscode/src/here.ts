// Whether a recorded folder can be one of this machine.

import { isWindows } from "./core/paths";

/** A session may have been recorded on another system. */
export const isHere = (cwd: string): boolean => isWindows(cwd) === (process.platform === "win32");
