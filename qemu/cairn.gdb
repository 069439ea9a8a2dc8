# SPDX-License-Identifier: MIT
# Helpers for gdb on an image with symbols; `help user-defined` lists them. cairn-check and cairn-explain run code of
# the image on the stack of whoever is stopped; the others only read.
set confirm off
set print pretty on

define cairn-totals
  set $owner = 0
  set $all = 0
  while $owner < (int)CAIRN_NOWNERS
    set $sum = 0
    set $zone = 0
    while $zone < sizeof(cairn_system.frames.zone) / sizeof(cairn_system.frames.zone[0])
      set $sum = $sum + cairn_system.frames.zone[$zone].nframes_of[$owner]
      set $zone = $zone + 1
    end
    printf "%10u frames ", $sum
    output (enum cairn_owner)$owner
    echo \n
    set $all = $all + $sum
    set $owner = $owner + 1
  end
  printf "%10u frames in all\n", $all
end
document cairn-totals
Frames by owner, over all zones.
end

define cairn-zones
  set $zone = 0
  while $zone < sizeof(cairn_system.frames.zone) / sizeof(cairn_system.frames.zone[0])
    set $z = &cairn_system.frames.zone[$zone]
    if $z->nframes != 0
      printf "%u: from frame %#x, %u frames, %u free, %s\n", $zone, $z->base, $z->nframes, \
        $z->nframes_of[CAIRN_FREE], $z->name
    end
    set $zone = $zone + 1
  end
end
document cairn-zones
Each bank of memory.
end

define cairn-caches
  set $cache = cairn_system.slabs.first
  while $cache != 0
    printf "%-20s %5u B  %5u used  %5u slabs\n", $cache->name, $cache->object_nbytes, $cache->nused, $cache->nslabs
    set $cache = $cache->next
  end
end
document cairn-caches
Each object cache: size, objects in use, slabs.
end

define cairn-task
  if current_task == 0
    echo no task yet\n
  else
    printf "%s: priority %u, stack %#x .. %#x\n", current_task->name, current_task->priority, \
      current_task->stack.base, current_task->stack.base + current_task->stack.nbytes
  end
end
document cairn-task
The running task.
end

define cairn-check
  set $broken = cairn_check()
  if $broken == 0
    echo sound\n
  else
    printf "broken: %s\n", $broken
  end
end
document cairn-check
Every invariant: sound, or the text of the first that is broken.
end

# The answer is written below the stack in use, and the call is made below that. The address is worked out first:
# a mistake in it must not leave $sp moved.
define cairn-explain
  set $addr = (uintptr_t)($arg0)
  set $kept_sp = $sp
  set $sp = ((uintptr_t)$sp - sizeof(struct cairn_explanation)) & ~7
  set $answer = (struct cairn_explanation *)$sp
  call (void)cairn_explain((const void *)$addr, $answer)
  output $answer->what
  printf ": %#x, %u bytes", $answer->base, $answer->nbytes
  if $answer->name != 0
    printf ", %s", $answer->name
  end
  echo \n
  set $sp = $kept_sp
end
document cairn-explain
cairn-explain ADDRESS: what lies there.
end
