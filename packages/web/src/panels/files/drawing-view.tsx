import { type JSX, useMemo, useState } from 'react'
import { fileText } from '../../text.ts'

/**
 * A drawing (SVG) as a picture. As an image no script of it runs and it loads nothing; as a `data:` address it has no
 * origin, also where somebody opens it in a tab of its own (S15).
 */
export function DrawingView({ path, text }: { path: string; text: string }): JSX.Element {
  const [failed, setFailed] = useState('')
  const address = useMemo(() => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text.toWellFormed())}`, [text])
  if (failed === address) return <p className="p-4 text-sm">{fileText.files.pictureFailed}</p>
  return (
    <div className="quiet-scroll flex h-full items-center justify-center bg-sunken p-4">
      <img
        src={address}
        alt={fileText.files.picture(path)}
        className="max-h-full min-h-24 max-w-full min-w-24 bg-[white] object-contain"
        onError={() => setFailed(address)}
      />
    </div>
  )
}
