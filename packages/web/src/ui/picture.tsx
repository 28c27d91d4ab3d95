import { createContext, type JSX, useContext, useEffect, useState } from 'react'
import { text } from '../text.ts'
import { isOwnPicture } from './picture-address.ts'

/** How a picture of the server is fetched; the part of the page that may use the network says it. */
export const PictureContext = createContext<(url: string, signal: AbortSignal) => Promise<string>>(() =>
  Promise.reject(new Error('nobody loads pictures here')),
)

/** A picture that this server keeps; any other address is not loaded at all (S16). */
export function Picture({ url, alt, className = '' }: { url: string; alt: string; className?: string }): JSX.Element {
  const load = useContext(PictureContext)
  const [shown, setShown] = useState<string>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    setFailed(!isOwnPicture(url))
    if (!isOwnPicture(url)) return undefined
    const ending = new AbortController()
    let loaded = ''
    load(url, ending.signal).then(
      address => {
        loaded = address
        if (ending.signal.aborted) revoke(address)
        else setShown(address)
      },
      () => setFailed(!ending.signal.aborted),
    )
    return () => {
      ending.abort()
      revoke(loaded)
    }
  }, [url, load])
  if (failed) return <p className="p-3 text-xs text-muted">{text.act.loadFailed}</p>
  if (shown === undefined) return <div className={`breathing h-24 w-40 bg-sunken ${className}`} />
  return <img src={shown} alt={alt} className={className} />
}

function revoke(address: string): void {
  if (address.startsWith('blob:')) URL.revokeObjectURL(address)
}
