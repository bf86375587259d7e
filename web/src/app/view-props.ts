// What the shell gives to a view: its part of the address.
export interface ViewProps {
  /** What of the path is behind the view's base: `12` of /sessions/12. */
  readonly rest: string;
  readonly query: URLSearchParams;
}
