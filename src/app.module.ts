// The server as NestJS modules: the store below, the services on it, one thin module for each REST resource.
import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from './config/settings.js';
import { HealthModule } from './health/health.module.js';
import type { Log } from './http/log.js';
import { logModule } from './http/log.module.js';
import { InvariantsModule } from './invariants/invariants.module.js';
import { ProtocolsModule } from './protocols/protocols.module.js';
import { ScenariosModule } from './scenarios/scenarios.module.js';
import { ExperimentsModule } from './sessions/experiments.module.js';
import { servicesModule } from './sessions/services.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StoreModule } from './store/store.module.js';
import { TdpMmusModule } from './tdp-mmus/tdp-mmus.module.js';
import { VcpusModule } from './vcpus/vcpus.module.js';
import { VmsModule } from './vms/vms.module.js';

@Module({})
class AppModule {}

export function appModule({ dataDir, sync, workers }: Settings, log: Log): DynamicModule {
  const onTrouble = (error: unknown): void => log.error('the store survived a fault', error);
  return {
    module: AppModule,
    imports: [
      logModule(log),
      StoreModule.forRoot(dataDir, { synchronous: sync, onTrouble }),
      servicesModule(workers),
      SessionsModule,
      ExperimentsModule,
      VmsModule,
      VcpusModule,
      TdpMmusModule,
      ProtocolsModule,
      ScenariosModule,
      InvariantsModule,
      HealthModule,
    ],
  };
}
