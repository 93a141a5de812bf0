import { assignment, report } from '../lib/meter.ts';
import { benchQueue } from '../queue.ts';

/** Work queues and a controller; the rounds within a run are few, since the run itself is repeated. */
const { keys, distinct } = assignment().options as { readonly keys: number; readonly distinct: number };
const { controller, perItem, tenThousandAdds } = await benchQueue({ keys, distinct, rounds: 3 });
report({
  missed: controller.distinct - controller.reconciled,
  overlaps: controller.overlaps,
  requestNs: (controller.milliseconds * 1e6) / controller.requests,
  arrayNs: perItem.array,
  mapNs: perItem.map,
  fifoNs: perItem.fifo,
  ageingNs: perItem.ageing,
  fifoAddsMs: tenThousandAdds.fifo,
  ageingAddsMs: tenThousandAdds.ageing,
});
