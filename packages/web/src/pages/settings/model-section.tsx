import type { JSX } from 'react'
import { settingsText } from '../../text.ts'
import { ModelForm } from './model-form.tsx'
import { Section } from './section.tsx'
import { WithStored } from './with-stored.tsx'

/** Which model works, where it is and with which key. */
export function ModelSection({ focused }: { focused: boolean }): JSX.Element {
  return (
    <Section id="model" title={settingsText.sections.model}>
      <WithStored>{stored => <ModelForm stored={stored} focused={focused} />}</WithStored>
    </Section>
  )
}
