// A view whose code comes when it is first wanted. Not React's lazy(): a Suspense boundary that has shown its fallback waits 300 ms
// before it shows what has come, which is a third of the time in which a session is to be on the screen.
import { type ComponentType, useEffect, useState } from 'react';

export interface Later<P extends object> {
  readonly Component: ComponentType<P>;
  /** Begins to read the code; again and again does no more. */
  readonly load: () => Promise<void>;
}

export function later<P extends object>(read: () => Promise<ComponentType<P>>): Later<P> {
  let ready: ComponentType<P> | null = null;
  let coming: Promise<void> | null = null;
  const load = (): Promise<void> => {
    coming ??= read().then(
      (component) => {
        ready = component;
      },
      (error: unknown) => {
        coming = null;
        throw error;
      },
    );
    return coming;
  };
  function Component(props: P) {
    const [failed, setFailed] = useState<Error | null>(null);
    const [, setShown] = useState(ready !== null);
    useEffect(() => {
      if (ready !== null) return;
      load().then(
        () => setShown(true),
        (error: unknown) => setFailed(error instanceof Error ? error : new Error(String(error))),
      );
    }, []);
    if (failed !== null) throw failed;
    const Ready = ready;
    return Ready === null ? null : <Ready {...props} />;
  }
  return { Component, load };
}
