import type { LanguageModelV4FilePart, LanguageModelV4TextPart } from '@ai-sdk/provider'

/** Bytes of one decoded image that every provider takes. */
const mostBytes = 5_000_000
/** Pixels along one side that every provider takes. */
const longestSide = 8000
/** How many images a prompt keeps; beyond, the oldest go ten at a time, so that what is cached changes rarely. */
const mostImages = 20
const dropStep = 10

/** How many of so many images, counted from the oldest, are left out of a prompt. */
export function imagesDropped(count: number): number {
  return count <= mostImages ? 0 : Math.ceil((count - mostImages) / dropStep) * dropStep
}

/** The image as a part of a prompt, or a note in its place that says why it is missing. */
export function imagePart(url: string, acceptsImages: boolean): LanguageModelV4FilePart | LanguageModelV4TextPart {
  if (!acceptsImages) return leftOut('this model takes no images')
  const match = /^data:(image\/(?:png|jpeg|gif|webp))(?:;[^;,]*)*?;base64,/i.exec(url)
  const declared = match?.[1]?.toLowerCase()
  if (!match || !declared) return leftOut('it is no PNG, JPEG, GIF or WebP image')
  const data = url.slice(match[0].length)
  const bytes = Math.floor((data.length * 3) / 4)
  if (bytes > mostBytes) return leftOut(`it has ${(bytes / 1e6).toFixed(1)} MB, more than ${mostBytes / 1e6} MB`)
  const seen = look(Buffer.from(data.slice(0, 131_072), 'base64'))
  if (!seen) return leftOut('it cannot be read')
  if (Math.max(seen.width, seen.height) > longestSide) {
    return leftOut(`it measures ${seen.width}×${seen.height} pixels, more than ${longestSide} along a side`)
  }
  return { type: 'file', mediaType: seen.mediaType, data: { type: 'data', data } }
}

/** The note in place of an image. */
export function leftOut(why: string): LanguageModelV4TextPart {
  return { type: 'text', text: `[An image was left out: ${why}.]` }
}

interface Seen {
  readonly mediaType: string
  readonly width: number
  readonly height: number
}

/** What the first bytes say that it is, whatever it was declared to be. */
function look(head: Buffer): Seen | undefined {
  if (head.length >= 24 && head.readUInt32BE(0) === 0x89504e47) {
    return { mediaType: 'image/png', width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
  }
  if (head.length >= 10 && head.toString('latin1', 0, 4) === 'GIF8') {
    return { mediaType: 'image/gif', width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
  }
  if (head.length >= 4 && head.readUInt16BE(0) === 0xffd8) return { mediaType: 'image/jpeg', ...jpegSize(head) }
  const isWebp = head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'
  return isWebp ? { mediaType: 'image/webp', ...webpSize(head) } : undefined
}

/** The size in the frame header, behind segments of which any number may come first; 0 where it is not among the first bytes. */
function jpegSize(head: Buffer): { width: number; height: number } {
  for (let at = 2; at + 9 < head.length && head[at] === 0xff; ) {
    const marker = head[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return { width: 0, height: 0 }
}

/** The canvas of the extended format; the plain ones cannot be larger than 16,383 and are let through. */
function webpSize(head: Buffer): { width: number; height: number } {
  if (head.length < 30 || head.toString('latin1', 12, 16) !== 'VP8X') return { width: 0, height: 0 }
  return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
}
