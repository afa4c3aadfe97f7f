/** The worker loads the operators of its model as chunks, as only modules can. */
export default { worker: { format: 'es' } };
