/** How a file is shown. A picture is one by its first bytes, whatever it is called. */
export type FileKind =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly type: string }
  | { readonly kind: 'sound'; readonly type: string }
  | { readonly kind: 'film'; readonly type: string }
  | { readonly kind: 'pdf' }
  | { readonly kind: 'binary'; readonly what: BinaryKind }

/** What can be said of a file that is only offered for download. */
export type BinaryKind = 'zip' | 'gzip' | 'tar' | 'archive' | 'program' | 'database' | 'tooBig' | 'other'

/** Pictures that no browser finds a script in; SVG is none of them and shown as the text that it is at first (S15). */
const pictures: readonly (readonly [type: string, signature: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
  ['image/bmp', /^BM[\s\S]{12}[\x0c\x28\x6c\x7c]\0\0\0/],
  ['image/avif', /^[\s\S]{4}ftypavi[fs]/],
  ['image/x-icon', /^\0\0\x01\0[\s\S]\0/],
]
/** What browsers play, none of which can hold a script. */
const played: readonly (readonly [kind: 'sound' | 'film', type: string, signature: RegExp])[] = [
  ['film', 'video/mp4', /^[\s\S]{4}ftyp(?!M4A|avi[fs]|hei[cx]|mif1)/],
  ['film', 'video/webm', /^\x1a\x45\xdf\xa3/],
  ['sound', 'audio/mp4', /^[\s\S]{4}ftypM4A/],
  ['sound', 'audio/mpeg', /^(?:ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb])/],
  ['sound', 'audio/wav', /^RIFF[\s\S]{4}WAVE/],
  ['sound', 'audio/ogg', /^OggS/],
  ['sound', 'audio/flac', /^fLaC/],
]
const binaries: readonly (readonly [what: BinaryKind, signature: RegExp])[] = [
  ['zip', /^PK(?:\x03\x04|\x05\x06)/],
  ['gzip', /^\x1f\x8b/],
  ['archive', /^(?:7z\xbc\xaf|\xfd7zXZ\0|BZh[1-9]|\x28\xb5\x2f\xfd|Rar!)/],
  ['program', /^(?:\x7fELF|MZ|\xcf\xfa\xed\xfe|\0asm)/],
  ['database', /^SQLite format 3\0/],
]
/** Where a tar archive says that it is one. */
const TAR_AT = 257
const drawing =
  /^\ufeff?\s*(?:<\?xml[^>]{0,500}>\s*)?(?:<!--[\s\S]{0,2000}?-->\s*)*(?:<!DOCTYPE svg[^>]{0,500}>\s*)?<svg[\s>]/i
/** A bigger drawing is text alone, in UTF-16 units. */
const MOST_OF_DRAWING = 1024 * 1024
const playedName = /\.(?:mp4|m4v|mov|webm|mp3|m4a|wav|ogg|oga|ogv|opus|flac)$/i
const MOST_PLAYED = 100 * 1024 * 1024
const pictureName = /\.(?:png|jpe?g|gif|webp|bmp|avif|ico)$/i
/** So much of a picture is loaded, and of everything else, in bytes. */
const MOST_OF_PICTURE = 20 * 1024 * 1024
export const MOST_EDITED = 2 * 1024 * 1024
/** So much is shown of what is too big to be edited, in bytes. */
export const HEAD = 256 * 1024

/** How many bytes of a file are worth loading, by its name. */
export function mostOf(path: string): number {
  if (playedName.test(path)) return MOST_PLAYED
  return pictureName.test(path) ? MOST_OF_PICTURE : MOST_EDITED
}

/** Whether a text is a drawing (SVG), which may be shown where no script of it can run. */
export function isDrawing(text: string): boolean {
  return text.length <= MOST_OF_DRAWING && drawing.test(text.slice(0, 8_000))
}

/** What a file is, by its first bytes; of one that was not read whole, `text` is its head. */
export function kindOf(bytes: Uint8Array, size: number): FileKind {
  const start = String.fromCharCode(...bytes.subarray(0, 32))
  if (start.startsWith('%PDF-')) return { kind: 'pdf' }
  const type = pictures.find(([, signature]) => signature.test(start))?.[0]
  const isWhole = size <= bytes.length
  if (type !== undefined) return isWhole ? { kind: 'picture', type } : { kind: 'binary', what: 'tooBig' }
  const [play, playType] = played.find(([, , signature]) => signature.test(start)) ?? []
  if (play !== undefined && playType !== undefined)
    return isWhole ? { kind: play, type: playType } : { kind: 'binary', what: 'tooBig' }
  const isHead = size > MOST_EDITED || !isWhole
  const shown = isHead ? bytes.subarray(0, HEAD) : bytes
  if (shown.includes(0)) return { kind: 'binary', what: whatOf(start, bytes) }
  try {
    // `stream`: a head may end in the middle of a character.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(shown, { stream: isHead })
    return { kind: 'text', text }
  } catch {
    return { kind: 'binary', what: whatOf(start, bytes) }
  }
}

function whatOf(start: string, bytes: Uint8Array): BinaryKind {
  const found = binaries.find(([, signature]) => signature.test(start))?.[0]
  if (found !== undefined) return found
  return String.fromCharCode(...bytes.subarray(TAR_AT, TAR_AT + 5)) === 'ustar' ? 'tar' : 'other'
}
