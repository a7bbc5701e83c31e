"""Adam with one operation a variable.

Keras writes Adam as a dozen operations for each variable. A network of a hundred variables then takes longer to trace
than a category takes to train, and each large variable needs two copies of itself for passing values: the paper's
large network has one of 2.1 GB. TensorFlow has the same formula as one operation that works in place.
"""

from typing import Any

import keras


class FusedAdam(keras.optimizers.Adam):  # type: ignore[misc]  # Keras has no types
    """Keras's Adam (Kingma and Ba 2015), its update by TensorFlow's ApplyAdam where TensorFlow is the backend."""

    # What all variables of a step share, made once in each graph that is traced.
    _graph: Any = None
    _scalars: dict[str, Any]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step of one variable; the formula is that of keras.optimizers.Adam, without AMSGrad."""
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        graph = tf.compat.v1.get_default_graph()
        if self._graph is not graph or tf.executing_eagerly():
            self._graph, self._scalars = graph, self._step_scalars(learning_rate)
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            grad=tf.convert_to_tensor(gradient),
            **self._scalars,
        )

    def _step_scalars(self, learning_rate: Any) -> dict[str, Any]:
        import tensorflow as tf

        step = tf.cast(self.iterations + 1, tf.float32)
        beta1, beta2 = tf.constant(self.beta_1, tf.float32), tf.constant(self.beta_2, tf.float32)
        return {
            "beta1_power": tf.pow(beta1, step),
            "beta2_power": tf.pow(beta2, step),
            "lr": tf.cast(learning_rate, tf.float32),
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": tf.constant(self.epsilon, tf.float32),
        }
