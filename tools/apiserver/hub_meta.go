package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The watch cache encodes an event once for all its watchers, but only if the in-memory object is a metav1.Object itself.
// A type parameter can't be embedded, so each accessor is passed on by hand.

func (h *hub[T, P]) meta() metav1.Object { return P(&h.V) }

func (h *hub[T, P]) GetNamespace() string                { return h.meta().GetNamespace() }
func (h *hub[T, P]) SetNamespace(v string)               { h.meta().SetNamespace(v) }
func (h *hub[T, P]) GetName() string                     { return h.meta().GetName() }
func (h *hub[T, P]) SetName(v string)                    { h.meta().SetName(v) }
func (h *hub[T, P]) GetGenerateName() string             { return h.meta().GetGenerateName() }
func (h *hub[T, P]) SetGenerateName(v string)            { h.meta().SetGenerateName(v) }
func (h *hub[T, P]) GetUID() types.UID                   { return h.meta().GetUID() }
func (h *hub[T, P]) SetUID(v types.UID)                  { h.meta().SetUID(v) }
func (h *hub[T, P]) GetResourceVersion() string          { return h.meta().GetResourceVersion() }
func (h *hub[T, P]) SetResourceVersion(v string)         { h.meta().SetResourceVersion(v) }
func (h *hub[T, P]) GetGeneration() int64                { return h.meta().GetGeneration() }
func (h *hub[T, P]) SetGeneration(v int64)               { h.meta().SetGeneration(v) }
func (h *hub[T, P]) GetSelfLink() string                 { return h.meta().GetSelfLink() }
func (h *hub[T, P]) SetSelfLink(v string)                { h.meta().SetSelfLink(v) }
func (h *hub[T, P]) GetCreationTimestamp() metav1.Time   { return h.meta().GetCreationTimestamp() }
func (h *hub[T, P]) SetCreationTimestamp(v metav1.Time)  { h.meta().SetCreationTimestamp(v) }
func (h *hub[T, P]) GetDeletionTimestamp() *metav1.Time  { return h.meta().GetDeletionTimestamp() }
func (h *hub[T, P]) SetDeletionTimestamp(v *metav1.Time) { h.meta().SetDeletionTimestamp(v) }
func (h *hub[T, P]) GetDeletionGracePeriodSeconds() *int64 {
	return h.meta().GetDeletionGracePeriodSeconds()
}
func (h *hub[T, P]) SetDeletionGracePeriodSeconds(v *int64) {
	h.meta().SetDeletionGracePeriodSeconds(v)
}
func (h *hub[T, P]) GetLabels() map[string]string       { return h.meta().GetLabels() }
func (h *hub[T, P]) SetLabels(v map[string]string)      { h.meta().SetLabels(v) }
func (h *hub[T, P]) GetAnnotations() map[string]string  { return h.meta().GetAnnotations() }
func (h *hub[T, P]) SetAnnotations(v map[string]string) { h.meta().SetAnnotations(v) }
func (h *hub[T, P]) GetFinalizers() []string            { return h.meta().GetFinalizers() }
func (h *hub[T, P]) SetFinalizers(v []string)           { h.meta().SetFinalizers(v) }
func (h *hub[T, P]) GetOwnerReferences() []metav1.OwnerReference {
	return h.meta().GetOwnerReferences()
}
func (h *hub[T, P]) SetOwnerReferences(v []metav1.OwnerReference) { h.meta().SetOwnerReferences(v) }
func (h *hub[T, P]) GetManagedFields() []metav1.ManagedFieldsEntry {
	return h.meta().GetManagedFields()
}
func (h *hub[T, P]) SetManagedFields(v []metav1.ManagedFieldsEntry) { h.meta().SetManagedFields(v) }
