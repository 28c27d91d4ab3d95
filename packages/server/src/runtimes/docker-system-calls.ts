/**
 * What programs may ask of the kernel, by the kernel's own names; those that it does not have are passed over. Not in it:
 * mounting, name spaces, modules, keys, clocks, other machines' memory, io_uring, and what traces the kernel.
 */
const allowed = `
  accept accept4 access alarm arch_prctl bind brk cachestat capget capset chdir chmod chown clock_getres
  clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create
  epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit exit_group
  faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
  fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futex_requeue
  futex_wait futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64
  getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom
  getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr
  inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents
  io_setup io_submit ioctl ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset
  landlock_restrict_self lchown lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr
  lstat madvise map_shadow_stack membarrier memfd_create mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall
  mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap mseal msgctl msgget
  msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open
  pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2
  prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 ptrace pwrite64 pwritev pwritev2 read
  readahead readlink readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename renameat
  renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
  rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
  sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
  sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg
  sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer
  setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat
  shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socketpair splice stat statfs statx symlink
  symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate
  umask uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev
`

/** Flags of `clone` that make name spaces. */
const newNameSpaces = 0x7e020000
/** The kinds of sockets: AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK, and no channel from a virtual machine to its host. */
const families = [1, 2, 10, 16]
/** The kinds of programs that a process may pose as: that of this kernel, of an older one, and asking which it is. */
const personas = [0x0, 0x0008, 0x20000, 0x20008, 0xffffffff]
const noSuchCall = 38

/** A seccomp profile in the form of Docker engines; it allows less than their own, which lets sockets of every kind pass. */
export function systemCallProfile(): string {
  const allow = 'SCMP_ACT_ALLOW'
  const when = (name: string, value: number): object => ({
    names: [name],
    action: allow,
    args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
  })
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
    ],
    syscalls: [
      { names: allowed.trim().split(/\s+/), action: allow },
      ...families.map(family => when('socket', family)),
      ...personas.map(persona => when('personality', persona)),
      {
        names: ['clone'],
        action: allow,
        args: [{ index: 0, value: newNameSpaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      // Programs then fall back on `clone`, whose flags a filter can see.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: noSuchCall },
    ],
  })
}
