// Address families as rtnetlink numbers them (linux/socket.h).
export const AF_UNSPEC = 0;
export const AF_INET = 2;
