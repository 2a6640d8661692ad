import type { ComponentChildren } from 'preact'
import { Icon } from './ui/icon.js'
import { pageAt, routes } from './pages.js'
import { hrefOf } from './router.js'
import { account, signOut } from './session.js'
import { scheme, switchScheme } from './ui/scheme.js'

export function Layout({ children }: { children: ComponentChildren }) {
  const current = pageAt().at
  return (
    <div class="frame">
      <a class="skip" href="#content" onClick={toContent}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href={hrefOf('/')}>
          <Icon name="mark" /> Verbatim
        </a>
        <nav aria-label="Pages" class="menu">
          {routes
            .filter(({ isFor }) => isFor())
            .map(({ at, title }) => (
              <a key={at} href={hrefOf(at)} aria-current={at === current ? 'page' : undefined}>
                {title}
              </a>
            ))}
        </nav>
        <span class="who quiet">{account.value?.name ?? account.value?.email ?? account.value?.role}</span>
        <button
          type="button"
          class="button button-quiet"
          onClick={switchScheme}
          aria-label={`Use ${scheme.value === 'dark' ? 'light' : 'dark'} colours`}
        >
          <Icon name={scheme.value === 'dark' ? 'sun' : 'moon'} />
        </button>
        <button type="button" class="button button-quiet" onClick={signOut}>
          Sign out
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

function toContent(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}
