// A link within the page: an ordinary <a>, so that it can be copied and opened in another tab; a plain click stays here.
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from 'react';
import { go } from './router.js';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly to: string;
  readonly children: ReactNode;
}

export function Link({ to, children, ...rest }: Props) {
  const click = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={click} {...rest}>
      {children}
    </a>
  );
}
