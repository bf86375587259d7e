// The server as NestJS modules: the store below, the services on it, one thin module for each REST resource.
import { type DynamicModule, Module } from '@nestjs/common';
import { ComparisonsModule } from './comparisons/comparisons.module.js';
import type { Settings } from './config/settings.js';
import { catalogueModule } from './explorations/catalogue/catalogue.module.js';
import { explorationsModule } from './explorations/explorations.module.js';
import { LitmusModule } from './explorations/litmus.controller.js';
import { relaxModule } from './explorations/relax/relax.module.js';
import { exportsModule } from './exports/exports.module.js';
import { HealthModule } from './health/health.module.js';
import { type HttpParts, httpModule } from './http/http.module.js';
import { ProblemsModule } from './http/problems.module.js';
import { InvariantsModule } from './invariants/invariants.module.js';
import { jobsModule } from './jobs/jobs.module.js';
import { LiveModule } from './live/live.module.js';
import type { PrometheusMetrics } from './metrics/metrics.js';
import { metricsModule } from './metrics/metrics.module.js';
import { ProtocolsModule } from './protocols/protocols.module.js';
import { ScenariosModule } from './scenarios/scenarios.module.js';
import { ExperimentsModule } from './sessions/experiments.module.js';
import { servicesModule } from './sessions/services.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StoreModule } from './store/store.module.js';
import { SweepsModule } from './sweeps/sweeps.module.js';
import { TdpMmusModule } from './tdp-mmus/tdp-mmus.module.js';
import { tracesModule } from './traces/traces.module.js';
import { retentionModule } from './upkeep/retention.module.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';
import { VcpusModule } from './vcpus/vcpus.module.js';
import { VmsModule } from './vms/vms.module.js';

@Module({})
class AppModule {}

export function appModule(settings: Settings, parts: HttpParts, metrics: PrometheusMetrics): DynamicModule {
  const { dataDir, sync, workers } = settings;
  const { log } = parts;
  const onTrouble = (error: unknown): void => log.error('the store survived a fault', error);
  return {
    module: AppModule,
    imports: [
      httpModule(parts),
      metricsModule(metrics),
      StoreModule.forRoot(dataDir, { synchronous: sync, onTrouble }),
      servicesModule(workers, settings.stopGraceMs, settings.protocolsDir),
      jobsModule,
      SessionsModule,
      ExperimentsModule,
      SweepsModule,
      explorationsModule(dataDir, settings.checkpointMs),
      LitmusModule,
      catalogueModule,
      relaxModule,
      ComparisonsModule,
      exportsModule(dataDir),
      tracesModule(dataDir),
      VmsModule,
      VcpusModule,
      TdpMmusModule,
      ProtocolsModule,
      ScenariosModule,
      InvariantsModule,
      UpkeepModule,
      retentionModule({ days: settings.retainDays, bytes: settings.retainBytes }),
      ProblemsModule,
      HealthModule,
      LiveModule,
    ],
  };
}
