import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { SessionId } from '@openhands/protocol'

/** A server in a sandbox. */
export interface PreviewTarget {
  readonly session: SessionId
  readonly port: number
}

const tagBytes = 12
/** 16 of the session's name, one that tells where it has dashes, two of the port. */
const targetBytes = 19
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const label = /^[a-z2-7]{50}$/
/** Where the name of a session may have dashes, in characters of the name without them. */
const dashes: readonly number[] = [8, 12, 16, 20]

/**
 * Names of previews, each good as one part of a host's name. A name tells nobody but this key's holder which session and
 * port it is for, cannot be guessed (96 bits) and is always the same, so that it needs to be kept nowhere.
 */
export class PreviewLabels {
  readonly #tagKey: Buffer
  readonly #cipherKey: Buffer

  /** `key`: at least 32 random bytes, the same after a restart. */
  constructor(key: Uint8Array) {
    if (key.length < 32) throw new RangeError('The key of previews has fewer than 32 bytes')
    this.#tagKey = createHmac('sha256', key).update('preview tag').digest()
    this.#cipherKey = createHmac('sha256', key).update('preview cipher').digest()
  }

  of(target: PreviewTarget): string {
    const plain = pack(target)
    const tag = this.#tag(plain)
    const cipher = createCipheriv('aes-256-ctr', this.#cipherKey, counterOf(tag))
    return encode(Buffer.concat([tag, cipher.update(plain), cipher.final()]))
  }

  /** What a label stands for; undefined for everything that is not exactly one of ours. */
  read(text: string): PreviewTarget | undefined {
    const bytes = label.test(text) ? decode(text) : undefined
    if (bytes === undefined) return undefined
    const tag = bytes.subarray(0, tagBytes)
    const cipher = createDecipheriv('aes-256-ctr', this.#cipherKey, counterOf(tag))
    const plain = Buffer.concat([cipher.update(bytes.subarray(tagBytes)), cipher.final()])
    return timingSafeEqual(this.#tag(plain), tag) ? unpack(plain) : undefined
  }

  #tag(plain: Buffer): Buffer {
    return createHmac('sha256', this.#tagKey).update(plain).digest().subarray(0, tagBytes)
  }
}

function counterOf(tag: Buffer): Buffer {
  return Buffer.concat([tag, Buffer.alloc(16 - tagBytes)])
}

function pack({ session, port }: PreviewTarget): Buffer {
  const bytes = Buffer.alloc(targetBytes)
  const digits = session.replaceAll('-', '')
  bytes.write(digits, 'hex')
  let at = 0
  dashes.forEach((place, index) => {
    const isThere = session[place + at] === '-'
    if (!isThere) return
    at++
    bytes[16] = (bytes[16] ?? 0) | (1 << index)
  })
  bytes.writeUInt16BE(port, 17)
  return bytes
}

function unpack(bytes: Buffer): PreviewTarget | undefined {
  const digits = bytes.toString('hex', 0, 16)
  const name = [...digits].map((digit, place) => {
    const index = dashes.indexOf(place)
    return index >= 0 && ((bytes[16] ?? 0) >> index) & 1 ? `-${digit}` : digit
  })
  const session = SessionId.safeParse(name.join(''))
  return session.success ? { session: session.data, port: bytes.readUInt16BE(17) } : undefined
}

/** Base 32 without padding. */
function encode(bytes: Buffer): string {
  let text = ''
  let [bits, count] = [0, 0]
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    count += 8
    for (; count >= 5; count -= 5) text += alphabet[(bits >> (count - 5)) & 31]
  }
  return count > 0 ? text + alphabet[(bits << (5 - count)) & 31] : text
}

/** Undefined when another text would say the same. */
function decode(text: string): Buffer | undefined {
  const bytes: number[] = []
  let [bits, count] = [0, 0]
  for (const letter of text) {
    bits = ((bits << 5) | alphabet.indexOf(letter)) & 0xfff
    count += 5
    if (count < 8) continue
    count -= 8
    bytes.push((bits >> count) & 255)
  }
  const whole = Buffer.from(bytes)
  return encode(whole) === text ? whole : undefined
}
