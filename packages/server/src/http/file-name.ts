import { posix } from 'node:path'

/** Bytes that a name may have on every file system of note, and bytes and parts of a path. */
const nameBytes = 255
const pathBytes = 4096
const pathParts = 255

/**
 * The name under which an uploaded file is kept: the last part of what the client calls it, of which only letters,
 * digits, `_`, `-` and `.` stay (wire A5.7), cut to 255 bytes before its ending. Undefined where no name is left.
 */
export function cleanName(given: string): string | undefined {
  const base = given.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const clean = base.replaceAll(/[^\p{L}\p{N}_.-]/gu, '')
  if (/^\.*$/.test(clean)) return undefined
  const { name, ext } = posix.parse(clean)
  const ending = Buffer.byteLength(ext) < nameBytes / 2 ? ext : ''
  return cut(ending === '' ? clean : name, nameBytes - Buffer.byteLength(ending)) + ending
}

/** Another name for the n-th file that would have the same one. */
export function numberedName(name: string, number: number): string {
  const { name: stem, ext } = posix.parse(name)
  const suffix = `-${number}${ext}`
  return Buffer.byteLength(suffix) < nameBytes ? cut(stem, nameBytes - Buffer.byteLength(suffix)) + suffix : suffix
}

/**
 * The path of something in the workspace, relative to it and empty for itself; undefined for whatever is outside of it by
 * its spelling, decoded once more or in look-alike characters too: nothing is looked at to answer that (S10).
 */
export function workspacePath(path: string, workspace: string): string | undefined {
  if (Buffer.byteLength(path) > pathBytes || path.split('/').length > pathParts) return undefined
  if (!path.isWellFormed() || spellings(path).some(isSuspect)) return undefined
  if (!path.startsWith('/')) return tidy(path)
  const inside = path === workspace || path.startsWith(`${workspace}/`)
  return inside ? tidy(path.slice(workspace.length)) : undefined
}

/** Endings are in lower case with a dot, `.` for none; all are allowed where there is no list (wire A5.7, C4). */
export function isAllowedName(name: string, endings: ReadonlySet<string> | undefined): boolean {
  if (endings === undefined || endings.has('.*')) return true
  const ending = posix.extname(name).toLowerCase()
  return endings.has(ending === '' ? '.' : ending)
}

function isSuspect(path: string): boolean {
  const startsElsewhere = /^(?:~(?:$|[/\\])|[a-z]:[/\\]|[/\\]{2})/i.test(path)
  return startsElsewhere || /[\0\r\n]/.test(path) || path.split(/[/\\]/).includes('..')
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['25', '%'],
  ['2e', '.'],
  ['ae', '.'],
  ['2f', '/'],
  ['af', '/'],
  ['5c', '\\'],
])

function spellings(path: string): string[] {
  const found = [path]
  for (let text = path, rounds = 0; rounds < 3 && /%[0-9a-f]{2}/i.test(text); rounds++) {
    // An overlong spelling of a slash or a dot is no text, and nobody means it well.
    text = text.replaceAll(/%c0%a[ef]|%(?:25|2e|2f|5c|00)/gi, decodeEscape)
    found.push(text)
  }
  return found.flatMap(text => [text, text.normalize('NFKC')])
}

function decodeEscape(spelling: string): string {
  const code = spelling.slice(-2).toLowerCase()
  return escapes.get(code) ?? '\0'
}

function tidy(path: string): string {
  return path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')
}

function cut(text: string, bytes: number): string {
  let kept = ''
  let size = 0
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > bytes) break
    kept += character
  }
  return kept
}
