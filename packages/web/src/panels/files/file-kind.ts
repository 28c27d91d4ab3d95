/** How a file is shown. A picture is one by its first bytes, whatever it is called. */
export type FileKind =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly type: string }
  | { readonly kind: 'pdf' | 'binary' }

/** Pictures that no browser finds a script in; SVG is none of them and shown as the text that it is (S15). */
const pictures: readonly (readonly [type: string, signature: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
  ['image/bmp', /^BM[\s\S]{12}[\x0c\x28\x6c\x7c]\0\0\0/],
  ['image/avif', /^[\s\S]{4}ftypavi[fs]/],
  ['image/x-icon', /^\0\0\x01\0[\s\S]\0/],
]
const pictureName = /\.(?:png|jpe?g|gif|webp|bmp|avif|ico)$/i
/** So much of a picture is loaded, and of everything else, in bytes. */
const MOST_OF_PICTURE = 20 * 1024 * 1024
export const MOST_EDITED = 2 * 1024 * 1024
/** So much is shown of what is too big to be edited, in bytes. */
export const HEAD = 256 * 1024

/** How many bytes of a file are worth loading, by its name. */
export function mostOf(path: string): number {
  return pictureName.test(path) ? MOST_OF_PICTURE : MOST_EDITED
}

/** What a file is, by its first bytes; of one that was not read whole, `text` is its head. */
export function kindOf(bytes: Uint8Array, size: number): FileKind {
  const start = String.fromCharCode(...bytes.subarray(0, 32))
  if (start.startsWith('%PDF-')) return { kind: 'pdf' }
  const type = pictures.find(([, signature]) => signature.test(start))?.[0]
  if (type !== undefined) return size > bytes.length ? { kind: 'binary' } : { kind: 'picture', type }
  const isHead = size > MOST_EDITED || size > bytes.length
  const shown = isHead ? bytes.subarray(0, HEAD) : bytes
  if (shown.includes(0)) return { kind: 'binary' }
  try {
    // `stream`: a head may end in the middle of a character.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(shown, { stream: isHead })
    return { kind: 'text', text }
  } catch {
    return { kind: 'binary' }
  }
}
