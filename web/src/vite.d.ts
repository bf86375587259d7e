// What the bundler lets a module import besides code.
declare module '*.css';
