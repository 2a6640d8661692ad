import type { ComponentType } from 'preact'
import { Loaded, useLoading } from './loaded.js'

export interface PageProps {
  title: string
}

/** A page whose code is loaded when it is first shown. */
export function lazy(load: () => Promise<ComponentType<PageProps>>): ComponentType<PageProps> {
  let loading: Promise<ComponentType<PageProps>> | undefined
  return function Lazy(props: PageProps) {
    const loaded = useLoading(async () => {
      loading ??= load()
      try {
        return { Page: await loading }
      } catch (error) {
        loading = undefined // the next try loads it again
        throw error
      }
    })
    return (
      <Loaded of={loaded} what="the page">
        {({ Page }) => <Page {...props} />}
      </Loaded>
    )
  }
}
