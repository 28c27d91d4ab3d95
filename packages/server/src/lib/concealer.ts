/** Texts that are shorter are no secrets, and hiding them would hide words. */
const SHORTEST = 8
/** Secrets that are hidden by name; of more the oldest is only hidden by its looks. */
const MOST = 1000
const HIDDEN = '[secret]'

/** What keys and tokens look like, whoever has given them out. Nothing here can match across a quotation mark. */
const looks: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b(?:sk|pk|rk)[-_][\w-]{16,}/g, HIDDEN],
  [/\b(?:gh[opsur]_|github_pat_|glpat-|hf_|npm_|xox[abeoprs]-|ya29\.|AIza)[\w.-]{16,}/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(bearer|basic)\s+[\w.~+/=-]{12,}/gi, `$1 ${HIDDEN}`],
  [/(:\/\/)[^\s/@"\\]{1,512}@/g, `$1${HIDDEN}@`],
  [/([?&#](?:[\w-]{0,64}(?:token|key|secret|password|code|ticket))=)[^&#\s"'\\]+/gi, `$1${HIDDEN}`],
  [
    /("(?:[\w-]{0,64}[_-])?(?:token|api[_-]?key|secret|password|passwd|authorization|cookie|set-cookie)":)"(?:[^"\\]|\\.)*"/gi,
    `$1"${HIDDEN}"`,
  ],
]

/** Takes secrets out of lines of JSON: those that it was told of, in every customary spelling, and what looks like one. */
export class Concealer {
  readonly #spellings = new Map<string, readonly string[]>()

  /** From now on this text is hidden wherever it stands. */
  add(secret: string): void {
    if (secret.length < SHORTEST) return
    this.#spellings.set(secret, spellingsOf(secret))
    const oldest = this.#spellings.size > MOST ? this.#spellings.keys().next() : undefined
    if (oldest && !oldest.done) this.#spellings.delete(oldest.value)
  }

  /** The line without secrets; what was JSON still is. */
  conceal(line: string): string {
    let hidden = line
    for (const spellings of this.#spellings.values())
      for (const spelling of spellings) hidden = hidden.replaceAll(spelling, HIDDEN)
    for (const [pattern, replacement] of looks) hidden = hidden.replace(pattern, replacement)
    return hidden
  }
}

function spellingsOf(secret: string): readonly string[] {
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret))).replace(/=+$/, '')
  const url = base64.replaceAll('+', '-').replaceAll('/', '_')
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64, url])]
}
