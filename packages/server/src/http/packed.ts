import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

/** What gets smaller; pictures, sound and fonts are packed already. */
const packable = /^(?:text\/|image\/svg\+xml|application\/(?:json|xml|wasm|manifest\+json))/
/** Less is not worth the work: it fits into one packet. */
const LEAST_BYTES = 1_400

/** Whether what is of this type and size is sent as gzip to who may have it so. Never for what holds a secret: its size would tell of it. */
export function isPackable(type: string, size: number): boolean {
  return size >= LEAST_BYTES && packable.test(type)
}

/** Whether a client takes gzip, RFC 9110 §12.5.3; one that says nothing gets what every client can read. */
export function takesGzip({ 'accept-encoding': accepted = '' }: IncomingHttpHeaders): boolean {
  const codings = String(accepted)
    .split(',')
    .map(coding => coding.split(';').map(part => part.trim().toLowerCase()))
  const asked = codings.find(([name]) => name === 'gzip' || name === 'x-gzip') ?? codings.find(([name]) => name === '*')
  return asked !== undefined && !asked.some(part => /^q=0(?:\.0{0,3})?$/.test(part))
}

/** The same as gzip; either stream ends with the other. */
export function gzipped(stream: Readable): Readable {
  return pipeline(stream, createGzip(), () => undefined) // who reads it is told of what goes wrong
}
