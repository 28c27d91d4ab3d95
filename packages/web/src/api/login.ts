import { keepToken } from './access.ts'
import { request, requestJson } from './request.ts'

/** Exchanges the code of a start link for a token and keeps it. Throws `RequestError` for a code that is spent or wrong. */
export async function exchangeCode(code: string): Promise<void> {
  const { token } = await requestJson<{ token: string }>('api/login', { method: 'POST', json: { code } })
  keepToken(token)
}

/** Keeps a token if the server takes it. Throws `RequestError` 401 where it does not. */
export async function tryToken(token: string): Promise<void> {
  await request('api/options/models', { headers: { authorization: `Bearer ${token}` } })
  keepToken(token)
}
