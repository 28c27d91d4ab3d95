import { type JSX, useEffect, useState } from 'react'
import { fileText } from '../../text.ts'

/** A picture of the workspace; `type` is what its bytes are, and no kind that can hold a script (S15). */
export function PictureView({
  path,
  bytes,
  type,
}: {
  path: string
  bytes: Uint8Array<ArrayBuffer>
  type: string
}): JSX.Element {
  const [address, setAddress] = useState<string>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }))
    setAddress(made)
    setFailed(false)
    return () => URL.revokeObjectURL(made)
  }, [bytes, type])
  if (failed) return <p className="p-4 text-sm">{fileText.files.pictureFailed}</p>
  return (
    <div className="quiet-scroll flex h-full items-center justify-center bg-sunken p-4">
      {address !== undefined && (
        <img
          src={address}
          alt={fileText.files.picture(path)}
          className="max-h-full max-w-full bg-card object-contain"
          onError={() => setFailed(true)}
        />
      )}
    </div>
  )
}
