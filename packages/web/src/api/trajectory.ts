import { request } from './request.ts'

/** Saves everything that happened in a session as a file of JSON, by the browser's own download. */
export async function downloadTrajectory(session: string, name: string): Promise<void> {
  const response = await request(`api/conversations/${session}/trajectory`)
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
