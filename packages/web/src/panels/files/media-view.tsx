import { type JSX, useEffect, useState } from 'react'
import { fileText } from '../../text.ts'

interface MediaViewProps {
  readonly kind: 'sound' | 'film'
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** What its bytes are: a kind that can hold no script (S15). */
  readonly type: string
}

/** A sound or a film of the workspace, to be played. */
export function MediaView({ kind, path, bytes, type }: MediaViewProps): JSX.Element {
  const [address, setAddress] = useState<string>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }))
    setAddress(made)
    setFailed(false)
    return () => URL.revokeObjectURL(made)
  }, [bytes, type])
  if (failed) return <p className="p-4 text-sm">{fileText.files.mediaFailed}</p>
  const Player = kind === 'film' ? 'video' : 'audio'
  return (
    <div className="flex h-full items-center justify-center bg-sunken p-4">
      {address !== undefined && (
        // Nobody has written captions for it.
        <Player
          controls
          preload="metadata"
          src={address}
          aria-label={fileText.files[kind](path)}
          className={kind === 'film' ? 'max-h-full max-w-full bg-card' : 'w-full max-w-md'}
          onError={() => setFailed(true)}
        />
      )}
    </div>
  )
}
