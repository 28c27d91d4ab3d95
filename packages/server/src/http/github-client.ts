import * as z from 'zod'
import type { DoorFacts } from './door-parts.ts'

/** What GitHub answered, or why there is no answer. */
export type GitHubAnswer =
  | { readonly ok: true; readonly json: unknown; readonly link: string | undefined }
  | { readonly ok: false; readonly status: number; readonly message: string }

const timeLimit = 15_000
/** Bytes of an answer that are read. */
const sizeLimit = 10 * 1024 * 1024
const TokenAnswer = z.object({ access_token: z.string().min(1) })

/** GitHub, or a server that speaks like it, asked with the token that a page has; no token is ever kept or logged. */
export class GitHubClient {
  readonly #facts: DoorFacts['github']

  constructor(facts: DoorFacts['github']) {
    this.#facts = facts
  }

  /** One request to the API. Rejects with nothing but the signal's reason. */
  async get(
    path: string,
    query: Readonly<Record<string, string>>,
    token: string,
    signal: AbortSignal,
  ): Promise<GitHubAnswer> {
    const url = urlOf(this.#facts.apiUrl, path)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` }
    return await ask(url, { headers }, signal)
  }

  /** What a sign-in code is worth: an access token, nothing when GitHub gives none, or the failure. */
  async exchange(code: string, signal: AbortSignal): Promise<{ readonly ok: boolean; readonly token?: string }> {
    const { clientId, clientSecret, webUrl } = this.#facts
    if (clientId === '' || clientSecret === undefined) return { ok: false }
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, code })
    const request = { method: 'POST', headers: { accept: 'application/json' }, body }
    const answer = await ask(urlOf(webUrl, '/login/oauth/access_token'), request, signal)
    if (!answer.ok) return { ok: false }
    const token = TokenAnswer.safeParse(answer.json).data?.access_token
    return { ok: true, ...(token === undefined ? {} : { token }) }
  }
}

/** A base URL may have a path of its own, as that of an enterprise server. */
function urlOf(base: string, path: string): URL {
  return new URL(`${base.replace(/\/+$/, '')}${path}`)
}

async function ask(
  url: URL,
  request: Pick<RequestInit, 'method' | 'headers' | 'body'>,
  signal: AbortSignal,
): Promise<GitHubAnswer> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeLimit)])
  const headers = new Headers(request.headers)
  headers.set('user-agent', 'OpenHands')
  try {
    // A token follows no redirect to another place.
    const answer = await fetch(url, { ...request, headers, redirect: 'manual', signal: limited })
    if (!answer.ok) {
      await answer.body?.cancel()
      return { ok: false, status: passedOn(answer.status), message: `GitHub answered ${answer.status}` }
    }
    return { ok: true, json: JSON.parse(await bounded(answer)), link: answer.headers.get('link') ?? undefined }
  } catch {
    signal.throwIfAborted()
    return { ok: false, status: 502, message: 'GitHub cannot be reached, or did not answer in its own language' }
  }
}

/** What the client did wrong is told as GitHub told it; all else is trouble behind this server. */
function passedOn(status: number): number {
  return status >= 400 && status < 500 ? status : 502
}

async function bounded(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer.body ?? []) {
    size += piece.length
    if (size > sizeLimit) throw new Error('the answer is too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
