/**
 * Names are bytes, not always UTF-8. Here a path is a text with one character per byte (latin1), relative to the
 * workspace and without a slash at either end, so that no name is ever changed.
 */
export type BytePath = string

const beyondAscii = /[^\x00-\x7f]/

/** The workspace's folder as the beginning of what `onDisk` makes. */
export function rootOf(folder: string): BytePath {
  return Buffer.from(folder).toString('latin1')
}

/** What the file system takes for a path below `root`; the empty path is the root itself. */
export function onDisk(root: BytePath, path: BytePath): string | Buffer {
  const whole = path === '' ? root : `${root}/${path}`
  return beyondAscii.test(whole) ? Buffer.from(whole, 'latin1') : whole
}

/** A path for people: decoded, on one line. */
export function readable(path: BytePath): string {
  const text = beyondAscii.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path
  return text.replace(/[\p{Cc}]/gu, letter => JSON.stringify(letter).slice(1, -1))
}

/** The folder that a path is in; empty for the workspace. */
export function folderOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
