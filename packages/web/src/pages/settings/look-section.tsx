import { type JSX, useState } from 'react'
import { changeLook, useLook } from '../../store/look.ts'
import { settingsText, text } from '../../text.ts'
import { Checkbox, Select } from '../../ui/field.tsx'
import { Section } from './section.tsx'

/** How the page looks and when it speaks up; kept in this browser. */
export function LookSection(): JSX.Element {
  const { theme, notices, letters } = useLook()
  const [refused, setRefused] = useState(false)
  const allow = (wanted: boolean): void => {
    changeLook({ notices: false })
    if (!wanted) return
    const answer = typeof Notification === 'undefined' ? Promise.resolve('denied') : Notification.requestPermission()
    answer.then(
      permission => {
        setRefused(permission !== 'granted')
        changeLook({ notices: permission === 'granted' })
      },
      () => setRefused(true),
    )
  }
  return (
    <Section id="look" title={settingsText.sections.look}>
      <Select
        label={text.settings.theme}
        value={theme}
        options={text.settings.themes}
        onChange={next => changeLook({ theme: next })}
      />
      <Checkbox label={text.settings.letters} checked={letters} onChange={wanted => changeLook({ letters: wanted })} />
      <Checkbox label={text.settings.notices} checked={notices} onChange={allow} />
      {refused && <p className="text-sm text-bad">{text.settings.noticesRefused}</p>}
    </Section>
  )
}
