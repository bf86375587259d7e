// (e) The service as clients meet it: a server of its own process. Each case is a file of its own: add one to CASES.
import { type Figure } from './figures.js';
import { measureApi } from './service-api.js';
import { measureDrops } from './service-drops.js';
import { measureLive } from './service-live.js';
import { measureStart } from './service-start.js';

type Case = (folder: string, scale: number) => Promise<Figure[]>;

const CASES: readonly Case[] = [measureApi, measureStart, measureLive, measureDrops];

export async function measureService(folder: string, scale: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const measure of CASES) figures.push(...(await measure(folder, scale)));
  return figures;
}
