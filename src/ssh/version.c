/* SPDX-License-Identifier: MIT */
int dummy_version_(void); int dummy_version_(void){return 0;}
