package dev.chagres.nn;

import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * What is known of the registering of one module: whether another one did it, and whether its own
 * fields were looked at for what it forgot to register.
 */
final class Registration {
  private boolean part;
  private boolean lookedAt;

  void becomePart() {
    part = true;
  }

  /** Returns whether another module has, or had, this one registered. */
  boolean isPart() {
    return part;
  }

  /** Warns, at the first call, of modules that those of a tree did not register. */
  void beforeCall(Module root) {
    if (!lookedAt) {
      warnOfModules(root.modules());
    }
  }

  /** Warns of what modules of a tree, the root first, have in fields and did not register. */
  static void warn(Collection<Module> modules) {
    if (modules.iterator().next().registration().isPart()) {
      warnOfModules(modules); // another part may have registered the rest
      return;
    }
    modules.forEach(module -> module.registration().lookedAt = true);
    Set<Object> registered = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Module module : modules) {
      registered.add(module);
      module.ownParts().forEachOwnTensor(registered::add);
    }
    Unregistered.warn(modules, registered);
  }

  /** Warns of modules that those of a tree, perhaps a part of another, did not register. */
  private static void warnOfModules(Collection<Module> modules) {
    modules.forEach(module -> module.registration().lookedAt = true);
    Unregistered.warnOfModules(modules);
  }
}
