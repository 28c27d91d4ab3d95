import type { Failure } from './script.ts'
import { bad } from './strict.ts'

/** An image as it stands in a request: `path` is how the provider would name its place. */
export interface FoundImage {
  readonly path: string
  readonly mediaType: string
  readonly base64: string
}

interface Size {
  readonly width: number
  readonly height: number
}

interface Seen {
  readonly mediaType: string
  readonly size: Size | undefined
}

/** Bytes of the image once it is decoded. */
export function imageBytes(image: FoundImage): number {
  const padding = image.base64.endsWith('==') ? 2 : image.base64.endsWith('=') ? 1 : 0
  return Math.floor((image.base64.length * 3) / 4) - padding
}

/** The image in a `data:` address, if it is one. */
export function dataImage(path: string, url: string): FoundImage | undefined {
  const match = /^data:([^;,]*);base64,/.exec(url)
  if (!match) return undefined
  return { path, mediaType: match[1] ?? '', base64: url.slice(match[0].length) }
}

const headBytes = 256 * 1024

function look(image: FoundImage): Seen | undefined {
  const head = Buffer.from(image.base64.slice(0, (headBytes / 3) * 4), 'base64')
  if (head.length >= 24 && head.readUInt32BE(0) === 0x89504e47) {
    return { mediaType: 'image/png', size: { width: head.readUInt32BE(16), height: head.readUInt32BE(20) } }
  }
  if (head.length >= 10 && head.toString('latin1', 0, 4) === 'GIF8') {
    return { mediaType: 'image/gif', size: { width: head.readUInt16LE(6), height: head.readUInt16LE(8) } }
  }
  if (head.length >= 4 && head.readUInt16BE(0) === 0xffd8) return { mediaType: 'image/jpeg', size: jpegSize(head) }
  const isWebp =
    head.length >= 12 && head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'
  return isWebp ? { mediaType: 'image/webp', size: undefined } : undefined
}

/** The size from the frame header of a JPEG, wherever among the segments it stands. */
function jpegSize(head: Buffer): Size | undefined {
  for (let at = 2; at + 9 < head.length && head[at] === 0xff; ) {
    const marker = head[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return undefined
}

/** Says of the first image that cannot be read, or is not of its claimed type, what is wrong. */
export function unreadable(
  images: readonly FoundImage[],
  words: (image: FoundImage, claimed: boolean) => Failure,
): Failure | undefined {
  for (const image of images) {
    const seen = look(image)
    if (!seen) return words(image, false)
    if (seen.mediaType !== image.mediaType) return words(image, true)
  }
  return undefined
}

/** The largest number of pixels that any side of an image has; 0 where it cannot be told. */
export function longestSide(image: FoundImage): number {
  const size = look(image)?.size
  return size ? Math.max(size.width, size.height) : 0
}

/** The first image with more bytes than allowed, in words of the dialect. */
export function tooLarge(
  images: readonly FoundImage[],
  limit: number,
  words: (image: FoundImage, bytes: number) => string,
  more: Partial<Failure> = {},
): Failure | undefined {
  const image = images.find(each => imageBytes(each) > limit)
  return image && bad(words(image, imageBytes(image)), more)
}
