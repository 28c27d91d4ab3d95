import { requestJson } from './request.ts'

/** A server that listens inside a sandbox, and where it can be seen from outside. */
export interface Preview {
  readonly port: number
  /** An origin of its own, whose name nobody can guess. */
  readonly url: string
}

/** The servers that listen in the sandbox of a session, by port; none where no sandbox runs. */
export async function readPreviews(session: string, signal: AbortSignal): Promise<readonly Preview[]> {
  const { hosts } = await requestJson<{ readonly hosts: Readonly<Record<string, number>> }>(
    `api/conversations/${session}/web-hosts`,
    { signal },
  )
  return Object.entries(hosts)
    .map(([url, port]) => ({ url, port }))
    .sort((a, b) => a.port - b.port)
}
