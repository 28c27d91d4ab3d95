import { request } from './request.ts'

/** Loads a picture with this tab's token; resolves to an address for an `img`, which its user revokes. */
export async function loadPicture(url: string, signal: AbortSignal): Promise<string> {
  if (url.startsWith('data:')) return url
  const response = await request(url.replace(/^\//, ''), { signal })
  return URL.createObjectURL(await response.blob())
}
