"""What machine this is, and whether it is quiet: no other work, two threads as fast as one, the same pace at the end as at the beginning."""
import os
import platform
import subprocess
import time

REST = 0.05  # seconds before each turn: other engines' threads have stopped spinning
TICK = os.sysconf("SC_CLK_TCK")


def read(path, otherwise=""):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return otherwise


def caches():
    found = []
    root = "/sys/devices/system/cpu/cpu0/cache"
    for index in sorted(os.listdir(root)) if os.path.isdir(root) else []:
        level, kind, size = (read(f"{root}/{index}/{f}") for f in ("level", "type", "size"))
        if level and size:
            found.append(f"L{level}{kind[0].lower() if kind in ('Data', 'Instruction') else ''} {size}")
    return ", ".join(found)


def facts():
    lines = dict(line.split(":", 1) for line in read("/proc/cpuinfo").split("\n\n")[0].split("\n") if ":" in line)
    lines = {k.strip(): v.strip() for k, v in lines.items()}
    flags = lines.get("flags", "").split()
    known = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8") if f in flags]
    memory = dict(line.split(":", 1) for line in read("/proc/meminfo").split("\n") if ":" in line)
    return {
        "cpu": lines.get("model name", platform.processor() or platform.machine()),
        "family": f"family {lines.get('cpu family', '?')}, model {lines.get('model', '?')}",
        "cpus": len(os.sched_getaffinity(0)),
        "features": " ".join(known),
        "caches": caches(),
        "memory": f"{int(memory.get('MemTotal', '0 kB').split()[0]) / 2**20:.0f} GiB",
        "virtual": "hypervisor" in flags,
        "kernel": platform.release(),
        "frequency": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "not told by this system"),
    }


# ---- who else is at work ----


def busy():
    """Seconds that all CPUs were at work since the start of the machine, time stolen by the host included."""
    fields = [int(f) for f in read("/proc/stat").split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def own(pids):
    """Seconds of CPU of these processes and of this one with what it started."""
    total = sum(os.times()[:4])
    for pid in pids:
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICK if fields else 0
    return total


class Watch:
    """How much of a CPU others used between start and end: 0.5 is half of one."""

    def __init__(self, pids):
        self.pids, self.time, self.busy, self.own = pids, time.monotonic(), busy(), own(pids)

    def end(self):
        span = time.monotonic() - self.time
        used = (busy() - self.busy) - (own(self.pids) - self.own)
        return max(0.0, used / span) if span > 0 else 0.0


def check(calibrate, threads):
    """What the machine gives now: load, what others use within two seconds, and bench_calibrate."""
    watch = Watch([])
    time.sleep(2)
    foreign = watch.end()
    words = subprocess.run([calibrate, str(threads)], capture_output=True, text=True, check=True).stdout.split()
    fastest, middle, together, memory = map(float, words[1:5])
    return {"load": os.getloadavg()[0], "foreign": round(foreign, 3), "pace": fastest, "steady": round(middle / fastest, 3),
            "together": round(together / fastest, 3), "read_gb_s": memory}


def complaints(checks):
    """Why the figures between these checks are not to be trusted; empty when the machine was quiet."""
    found = []
    for name, c in checks.items():
        if c["foreign"] > 0.05:
            found.append(f"{name}: others used {100 * c['foreign']:.0f} % of a CPU")
        if c["steady"] < 0.95:
            found.append(f"{name}: one thread ran at {100 * c['steady']:.0f} % of its best pace")
        if c["together"] < 0.93:
            found.append(f"{name}: threads that run together reach {100 * c['together']:.0f} % of one alone")
    paces = [c["pace"] for c in checks.values()]
    if len(paces) > 1 and min(paces) < 0.95 * max(paces):
        found.append(f"the pace changed by {100 * (1 - min(paces) / max(paces)):.0f} % between the checks")
    return found
