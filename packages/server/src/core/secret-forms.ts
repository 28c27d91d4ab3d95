/** A shorter value occurs by chance; hiding it would hide other things. */
const SHORTEST = 8
/** Longer ones that are a word or a few, such as the placeholder keys of local servers, hide nothing either. */
const WORDS = /^[a-z]{1,15}([-_ ][a-z]{1,15}){0,2}$/i
const LONGEST_WORDS = 20

/**
 * How a secret may be written down (S18): as it is, inside JSON, URL-encoded, and in base64, wherever in the encoded
 * text it begins. Without line breaks, which may stand anywhere. None for what is too short, or a plain word. Not
 * covered: encodings of encodings, and text turned around.
 */
export function secretForms(secret: string): readonly string[] {
  if (secret.length < SHORTEST || (secret.length < LONGEST_WORDS && WORDS.test(secret))) return []
  const encoded = encodeURIComponent(secret.toWellFormed())
  const lowerCase = encoded.replace(/%[0-9A-F]{2}/g, each => each.toLowerCase())
  const base64 = [0, 1, 2].map(offset => base64At(secret, offset))
  const forURLs = base64.map(form => form.replaceAll('+', '-').replaceAll('/', '_'))
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encoded, lowerCase, ...base64, ...forURLs]
  return [...new Set(forms.map(form => form.replace(/[\r\n]/g, '')))].filter(form => form.length >= SHORTEST)
}

/** The characters that stand for this secret and for nothing else when so many bytes come before it. */
function base64At(secret: string, offset: number): string {
  const bytes = new TextEncoder().encode(secret)
  let padded = '\0'.repeat(offset)
  for (const byte of bytes) padded += String.fromCharCode(byte)
  const first = Math.ceil((offset * 8) / 6)
  const last = Math.floor(((offset + bytes.length) * 8) / 6)
  return btoa(padded).slice(first, last)
}
